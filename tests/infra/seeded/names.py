"""Faults of the text itself: syntax, names and functions."""

from tests.infra.seeded.seed import Seed

NAMES = (
    Seed("a brace too few", "app.bicep", "var roles = {", "var roles = ", "syntax", "expected|not understood"),
    Seed("an undefined symbol", "app.bicep", "serverFarmId: plan.id", "serverFarmId: plann.id", "symbol", "mean plan"),
    Seed(
        "a name declared twice",
        "app.bicep",
        "param memory int",
        "param memory int\nparam memory int",
        "symbol",
        "twice",
    ),
    Seed("a loop's variable misspelt", "storage.bicep", "name: toLower(name)", "name: toLower(nme)", "symbol", "nme"),
    Seed("a lambda's variable outside", "app.bicep", "emailAddress: email }", "emailAddress: mail }", "symbol", "mail"),
    Seed(
        "an unused parameter",
        "app.bicep",
        "maximumInstanceCount: isLarge ? 100 : 40",
        "maximumInstanceCount: 40",
        "unused",
        "variable isLarge",
    ),
    Seed(
        "an unused variable",
        "main.bicep",
        "schedule: schedule",
        "schedule: '0 0 * * * *'",
        "unused",
        "parameter schedule",
    ),
    Seed(
        "an unused existing resource",
        "app.bicep",
        "output workbook",
        "resource other 'Microsoft.KeyVault/vaults@2026-05-15' existing = {\n  name: 'x'\n}\noutput workbook",
        "unused",
        "existing resource other",
    ),
    Seed("a misspelt function", "app.bicep", "uniqueString(", "uniqeString(", "function", "mean uniqueString"),
    Seed("too many arguments", "storage.bicep", "toLower(name)", "toLower(name, 'a')", "function", "takes 1 to 1"),
    Seed("a misspelt decorator", "main.bicep", "@secure()", "@secret()", "function", "no function secret"),
    Seed(
        "the time outside a default",
        "main.bicep",
        "application: 'contacts-sync'",
        "application: utcNow()",
        "function",
        "default",
    ),
)
