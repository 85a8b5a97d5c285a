"""Local parts behind which no single person is, and mailers at which anybody may have an address."""

from __future__ import annotations

from sync_core.domain.identity.folding import listed

ROLES = listed(
    """
    abuse account accounting accounts admin administracio administracion administracja administratie administration
    administrator adresse alert alerts all amministrazione anfrage anfragen apply assistance assistenz bestellung
    bestellungen bewerbung bewerbungen billing biuro board booking bookings buchhaltung buero careers catering central
    centrale chancery commercial comercial communication compta comptabilite contabilidad contabilita contact contacto
    contactus contato contatti crew customercare customerservice datenschutz desk direccion direction direktion
    direzione dispatch dispo disposition dns donotreply einkauf email empfang enquiries enquiry events export facility
    facturacion facturation fakturierung faktura faktury fatture feedback finance finanzen firma frontdesk frontoffice
    ftp fuhrpark gastronomie gdpr geschaeftsfuehrung gf hallo help helpdesk hello hola hostmaster hotel hr
    humanresources immobilien import impressum info infocenter infos informacion informatie information
    informazioni inquiries inquiry intern invoice invoices invoicing it itsupport job jobs juridico kanzlei
    kanzleien kantoor kasse klantenservice kontakt kontor koordination kundendienst kundenservice lager lead leads
    leitung legal logistic logistics logistik mail mailbox mailerdaemon management marketing mailing media
    meldungen merchandising montage news newsletter nieuws noc noreply notification notifications notify office
    offerte offerten online operations order orders ordination organisation orga pagos payment payments
    payroll pedidos personal personalabteilung personnel planung podpora post postmaster poststelle practice praktikum
    praxis press presse privacy procurement produktion produzione projekt projekte prokurist purchase purchasing
    qualitaet quality rechnung rechnungen recepcja recepcion reception recht recruiting recruitment redaktion
    reklamation rental reservation reservations reservierung reservierungen restaurant rezeption rh root rrhh sales
    schule secretaria secretariat secretary security segreteria sekretariat sekretariatet serwis service services
    servicedesk shipping shop sklep soporte spedition sprzedaz store studio supply support survey team techniker
    technik technical tech ticket tickets travel treasury trouble umwelt usenet uucp vendas vendite ventas verkauf
    versand vertrieb verwaltung vorstand web webmaster website welcome werkstatt willkommen www zakupy zamowienia
    zentrale accueil achats boekhouding verkoop inkoop receptie ugyfelszolgalat iroda titkarsag obchod fakturace
    ucetni prodej recepce sekretariatas uctarna kancelar kontakty ekonomi regnskab salg myynti toimisto laskutus
    """
)
"""Functions, without digits and tags: a hand-made list; no given name stands in it."""
PLACEHOLDERS = listed(
    "na n/a none no null nomail noemail no.email keine kein unknown unbekannt x xx xxx test example dummy"
)
HOUSEHOLD_WORDS = listed(
    "familie family fam famille familia famiglia rodzina rodina csalad wir weare und and familien familj"
)
FREE_MAILERS = listed(
    """
    gmail googlemail gmx outlook hotmail live msn yahoo ymail rocketmail icloud me mac aol web.de t-online freenet
    arcor proton protonmail pm.me tutanota tuta posteo mailbox.org fastmail zoho yandex mail.ru bk.ru inbox.ru list.ru
    rambler aon.at chello.at a1.net utanet.at bluewin sunrise.ch hispeed.ch orange wanadoo free.fr laposte sfr.fr
    libero virgilio tiscali alice.it tin.it seznam centrum.cz email.cz volny.cz atlas.cz azet.sk wp.pl o2.pl onet
    interia gazeta.pl freemail citromail telenet.be skynet.be ziggo kpnmail xs4all planet.nl hetnet home.nl casema
    btinternet sky ntlworld talktalk virginmedia blueyonder comcast verizon att sbcglobal bellsouth cox charter
    earthlink juno shaw.ca rogers telus.net sympatico bigpond optusnet telstra naver daum qq 163 126 sina rediffmail
    uol.com.br bol.com.br terra post.at post vodafone.de kabelmail.de
    """
)
"""Domains, or their first label where one mailer has many."""
