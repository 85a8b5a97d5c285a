"""Words in names that are no names: titles, suffixes, particles, and what joins two people on one card."""

from __future__ import annotations

from sync_core.domain.identity.folding import listed

TITLES = listed(
    """
    dr prof professor mag magister ing dipl diplom dipling med jur phil rer nat hc habil univ dkfm drs ir bsc msc ba
    ma mba phd mr mrs ms miss mister mx sir dame lord lady rev hon herr frau frl hr mme mlle monsieur madame dott
    dottssa sig signor signora don dona mgr judr mudr phdr rndr bc pani pan kfm kommr hofrat
    """
)
"""Left out wherever they stand, unless nothing else would be left."""
MEN = listed("mr mister sir herr hr monsieur sig signor pan senor lord")
WOMEN = listed("mrs ms miss dame frau frl mme mlle madame signora pani senora lady dottssa")
SUFFIXES = {
    "jr": "jr", "jnr": "jr", "jun": "jr", "junior": "jr", "sr": "sr", "snr": "sr", "sen": "sr", "senior": "sr",
    "ii": "2", "2nd": "2", "iii": "3", "3rd": "3", "iv": "4", "4th": "4",
}  # fmt: skip
"""What tells two people of one name apart, by the word for it."""
PARTICLES = listed(
    """
    von vom van der den de del della di da das do dos du des la le les el al bin ibn ben abu zu zum zur ten ter te
    und af av ap mac mc san y e i dalla dal degli lo op t d l
    """
)
"""Small words before a surname, written or not."""
COUPLES = frozenset({"&", "+", "und", "and", "et", "y", "u"})
HOUSEHOLDS = listed("familie family fam famille familia famiglia rodzina rodina csalad ehepaar")
