"""Faults that the lint does not find, each with the reason; only a compiler or Azure itself does."""

from tests.infra.seeded.seed import Seed

MISSED = (
    Seed(
        "a property of a type without schema",
        "app.bicep",
        "groupShortName:",
        "groupShortNam:",
        "property",
        "the catalogue lacks actionGroups; only the names at the top are known",
    ),
    Seed(
        "a name that is too long once computed",
        "app.bicep",
        "name: take('kv${uniqueString(resourceGroup().id, name)}', 24)",
        "name: 'contacts-${uniqueString(resourceGroup().id, name)}'",
        "value",
        "the length of an interpolation is not computed",
    ),
    Seed(
        "a cycle of dependencies",
        "storage.bicep",
        "var queues = ['sync-passes', ",
        "var queues = [queue[0].name, ",
        "symbol",
        "dependencies are not followed",
    ),
    Seed(
        "a version that the runtime does not have",
        "app.bicep",
        "version: '3.13'",
        "version: '3.99'",
        "value",
        "the type is any string; Azure knows better",
    ),
    Seed(
        "a SKU that the plan does not have",
        "app.bicep",
        "name: 'FC1'",
        "name: 'FC9'",
        "value",
        "the type is any string; Azure knows better",
    ),
    Seed(
        "an index out of bounds",
        "app.bicep",
        "instanceMemoryMB: memory",
        "instanceMemoryMB: [memory][7]",
        "value",
        "indexes are not computed",
    ),
    Seed(
        "a secret in an output",
        "app.bicep",
        "output workbook",
        "output leak string = token\noutput workbook",
        "output",
        "where secrets flow is not followed; checkov looks for the common cases",
    ),
    Seed(
        "a wrong type of output",
        "storage.bicep",
        "output name string",
        "output name int",
        "output",
        "declared types of outputs are not compared with their values",
    ),
)
