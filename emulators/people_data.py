"""Invented people, companies and places in many scripts; nobody of them exists.

Telephone numbers come from ranges that Ofcom, the Bundesnetzagentur, Arcep and the North American plan keep for
films and books, elsewhere they are mostly noughts. Mail domains end in .example or .test (RFC 2606).
"""

from __future__ import annotations

from dataclasses import dataclass

Spelled = tuple[str, str]
"""A name as it is written, and what of it stands in a mail address."""


@dataclass(frozen=True, slots=True)
class Region:
    """People and places of one script; `{}` in a telephone pattern takes a number below 100."""

    country: str
    given_names: tuple[Spelled, ...]
    surnames: tuple[Spelled, ...]
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str, str], ...]
    """City, state or province, postal code."""
    company: str
    business_phone: str
    mobile_phone: str


REGIONS: tuple[Region, ...] = (
    Region(
        "Germany",
        (("Käthe", "kaethe"), ("Jörg", "joerg"), ("Anneliese", "anneliese"), ("Götz", "goetz"), ("Ute", "ute")),
        (
            ("Müßener", "muessener"),
            ("Größlinghoff", "groesslinghoff"),
            ("Vögtlin", "voegtlin"),
            ("Zehrfuß", "zehrfuss"),
        ),
        ("Lindenhöfer Straße 12", "Am Mühlgraben 3b", "Königsplatz 1\r\nHinterhaus"),
        (("Berlin", "", "10115"), ("Würzburg", "Bayern", "97070")),
        "Nordwind Logistik",
        "+49 30 23125 0{:02d}",
        "+49 171 39200{:02d}",
    ),
    Region(
        "France",
        (("Héloïse", "heloise"), ("Benoît", "benoit"), ("Maëlle", "maelle"), ("Gaëtan", "gaetan"), ("Zoé", "zoe")),
        (("Châtelard-Ruiz", "chatelard"), ("d'Aubéry", "daubery"), ("Lefrançois", "lefrancois"), ("Îlot", "ilot")),
        ("8, rue de l'Œillet", "27 bis, allée des Érables"),
        (("Nîmes", "Occitanie", "30000"), ("Besançon", "", "25000")),
        "Établissements Mirabelle",
        "+33 1 99 00 17 {:02d}",
        "+33 6 39 98 42 {:02d}",
    ),
    Region(
        "United Kingdom",
        (
            ("Siobhán", "siobhan"),
            ("Chidi", "chidi"),
            ("Anne-Marie", "anne-marie"),
            ("Owain", "owain"),
            ("Zadie", "zadie"),
        ),
        (("O'Dowd", "odowd"), ("Okafor", "okafor"), ("Smythe-Price", "smythe-price"), ("ap Rhydderch", "aprhydderch")),
        ("Flat 4, 221 Harbour Row", "The Old Mill\nMill Lane"),
        (("London", "", "E1 0AA"), ("Aberystwyth", "Ceredigion", "SY23 0ZZ")),
        "O'Dowd & Daughters",
        "+44 20 7946 09{:02d}",
        "+44 7700 9001{:02d}",
    ),
    Region(
        "United States",
        (
            ("Wren", "wren"),
            ("Dashiell", "dashiell"),
            ("Marisol", "marisol"),
            ("Theodora", "theodora"),
            ("Ngozi", "ngozi"),
        ),
        (("Abernathy", "abernathy"), ("Peña", "pena"), ("Van der Bilt", "vanderbilt"), ("McTavish", "mctavish")),
        ("1200 Fictional Ave, Suite 900", "77 Nowhere Blvd #3"),
        (("Springfield", "OR", "97477"), ("Albany", "NY", "12201")),
        "Copper Kettle Brewing",
        "+1 202 555 01{:02d}",
        "+1 312 555 01{:02d}",
    ),
    Region(
        "Czechia",
        (("Zdeňka", "zdenka"), ("Bořivoj", "borivoj"), ("Růžena", "ruzena"), ("Květoslav", "kvetoslav")),
        (("Žďárská", "zdarska"), ("Čtvrtníček", "ctvrtnicek"), ("Řeháčková", "rehackova")),
        ("Příčná 14", "Nábřeží 2/18"),
        (("Plzeň", "", "301 00"), ("Třebíč", "Vysočina", "674 01")),
        "Pivovar Zlatý Úsvit",
        "+420 200 000 0{:02d}",
        "+420 700 000 0{:02d}",
    ),
    Region(
        "Greece",
        (("Ελευθερία", "eleftheria"), ("Οδυσσέας", "odysseas"), ("Χρυσάνθη", "chrysanthi"), ("Μιλτιάδης", "miltiadis")),
        (("Παπαναστασίου", "papanastasiou"), ("Καραγιάννη", "karagianni"), ("Θεοδωρίδης", "theodoridis")),
        ("Οδός Ανέμων 7", "Λεωφόρος Θάλασσας 120"),
        (("Θεσσαλονίκη", "", "546 00"), ("Ηράκλειο", "Κρήτη", "712 00")),
        "Ελαιώνες Αιγαίου",
        "+30 210 000 00{:02d}",
        "+30 690 000 00{:02d}",
    ),
    Region(
        "Ukraine",
        (("Соломія", "solomiia"), ("Ярополк", "yaropolk"), ("Мирослава", "myroslava"), ("Остап", "ostap")),
        (("Вербицька", "verbytska"), ("Криволапенко", "kryvolapenko"), ("Щербань", "shcherban")),
        ("вул. Вигадана, 5, кв. 12", "просп. Мрії, 88"),
        (("Львів", "", "79000"), ("Чернівці", "", "58000")),
        "Карпатський Мед",
        "+380 44 000 00 {:02d}",
        "+380 50 000 00 {:02d}",
    ),
    Region(
        "Egypt",
        (("ليلى", "layla"), ("يوسف", "yusuf"), ("نورهان", "nourhan"), ("إدريس", "idris")),
        (("حدّاد", "haddad"), ("الشربيني", "elsherbini"), ("عبد الرزّاق", "abdelrazzak")),
        ("١٢ شارع النخيل", "برج الياسمين، الدور ٣"),
        (("القاهرة", "", "11511"), ("الإسكندرية", "", "21500")),
        "شركة النيل للمنسوجات",
        "+20 2 0000 00{:02d}",
        "+20 100 000 00{:02d}",
    ),
    Region(
        "Israel",
        (("נועה", "noa"), ("איתמר", "itamar"), ("אביגיל", "avigail"), ("שלומציון", "shlomtzion")),
        (("בן־ארצי", "benartzi"), ("רוזנבלום", "rosenblum"), ("אלקיים", "elkayam")),
        ("רחוב הדמיון 9", "שדרות החלום 41, דירה 6"),
        (("חיפה", "", "3100001"), ("באר שבע", "", "8400001")),
        "מאפיית הכרמל",
        "+972 4 000 00{:02d}",
        "+972 50 000 00{:02d}",
    ),
    Region(
        "China",
        (("思远", "siyuan"), ("雨桐", "yutong"), ("嘉禾", "jiahe"), ("若曦", "ruoxi")),
        (("欧阳", "ouyang"), ("慕容", "murong"), ("诸葛", "zhuge"), ("柳", "liu")),
        ("虚构路100号3单元502室", "梧桐街8号"),
        (("杭州市", "浙江省", "310000"), ("成都市", "四川省", "610000")),
        "青竹科技有限公司",
        "+86 10 0000 00{:02d}",
        "+86 100 0000 00{:02d}",
    ),
    Region(
        "Japan",
        (("さくら", "sakura"), ("蓮太郎", "rentaro"), ("ひかり", "hikari"), ("悠真", "yuma")),
        (("小鳥遊", "takanashi"), ("四十物", "aimono"), ("東雲", "shinonome")),
        ("架空町1丁目2番3号", "夢見坂4-5-6 ひばりビル7階"),
        (("京都市", "京都府", "600-0000"), ("札幌市", "北海道", "060-0000")),
        "株式会社ひばり製作所",
        "+81 3 0000 00{:02d}",
        "+81 90 0000 00{:02d}",
    ),
    Region(
        "South Korea",
        (("하늘", "haneul"), ("은별", "eunbyeol"), ("도윤", "doyun"), ("가온", "gaon")),
        (("남궁", "namgung"), ("황보", "hwangbo"), ("제갈", "jegal")),
        ("상상로 21", "꿈나무길 5, 101동 1203호"),
        (("서울", "", "04500"), ("부산", "", "48000")),
        "푸른솔 상사",
        "+82 2 0000 00{:02d}",
        "+82 10 0000 00{:02d}",
    ),
    Region(
        "India",
        (("आराध्या", "aaradhya"), ("विक्रम", "vikram"), ("मीनाक्षी", "meenakshi"), ("ऋत्विक", "ritvik")),
        (("चतुर्वेदी", "chaturvedi"), ("श्रीवास्तव", "shrivastava"), ("कुलकर्णी", "kulkarni")),
        ("१२, काल्पनिक मार्ग", "बंगला नं. ४, स्वप्न नगर"),
        (("पुणे", "महाराष्ट्र", "411001"), ("जयपुर", "राजस्थान", "302001")),
        "हिमालय चाय भंडार",
        "+91 20 0000 00{:02d}",
        "+91 90000 000{:02d}",
    ),
)

POSITIONS: tuple[str, ...] = (
    "Head of Purchasing",
    "Einkäuferin",
    "Directrice générale",
    "Ředitel výroby",
    "Διευθυντής πωλήσεων",
    "Головна бухгалтерка",
    "مدير المشتريات",
    "מנהלת תפעול",
    "采购经理",
    "営業部長",
    "구매 담당",
    "क्रय प्रबंधक",
    "",
)

TITLES: tuple[str, ...] = ("", "", "", "Dr.", "Prof.", "Ms")

DOMAINS: tuple[str, ...] = ("nordwind.example", "mirabelle.example", "kettle.example", "post.test", "mail.example.test")
"""Where the people have their mail."""

LONG_NOTE: str = "\r\n".join(
    f"Call {number}: talked about the delivery of crate {number * 7} — “later”, they said; ask again in week {number}."
    for number in range(1, 61)
)
"""A note of some 6000 characters with Windows line ends."""
