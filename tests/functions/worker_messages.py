"""The messages Azure's host and its Python worker exchange, built as real protobuf classes.

azure-functions-runtime is handed its message classes instead of importing any. Real protobuf messages refuse a value
of a wrong type as the real connection would. Names are the ones the library uses; the field numbers are our own,
since nothing here crosses a wire.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, message_factory, timestamp_pb2

_PACKAGE: Final = "tests.functions.worker"
_Field = descriptor_pb2.FieldDescriptorProto

_SCALARS: Final = {
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
    "bool": _Field.TYPE_BOOL,
    "int32": _Field.TYPE_INT32,
    "sint64": _Field.TYPE_SINT64,
    "double": _Field.TYPE_DOUBLE,
}
_KNOWN_TYPES: Final = {"Duration": ".google.protobuf.Duration", "Timestamp": ".google.protobuf.Timestamp"}

# Enumerations by the message they belong to; values count from 0.
_ENUMS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "StatusResult": {"Status": ("Failure", "Success", "Cancelled")},
    "BindingInfo": {
        "Direction": ("in", "out", "inout"),
        "DataType": ("undefined", "string", "binary", "stream"),
    },
    "RpcRetryOptions": {"RetryStrategy": ("exponential_backoff", "fixed_delay")},
    "RpcHttpCookie": {"SameSite": ("None", "Lax", "Strict", "ExplicitNone")},
}

# One line per message: "name:type" fields; "*type" repeats, "{type}" maps text to it, "?type" is one of a group.
_MESSAGES: Final[dict[str, str]] = {
    "RpcException": "source:string stack_trace:string message:string",
    "StatusResult": "status:Status result:string exception:RpcException",
    "WorkerMetadata": "runtime_name:string runtime_version:string worker_version:string worker_bitness:string"
    " custom_properties:{string}",
    "WorkerInitRequest": "host_version:string capabilities:{string} function_app_directory:string",
    "WorkerInitResponse": "capabilities:{string} worker_metadata:WorkerMetadata result:StatusResult",
    "BindingInfo": "type:string direction:Direction data_type:DataType",
    "RpcRetryOptions": "max_retry_count:int32 delay_interval:Duration minimum_interval:Duration"
    " maximum_interval:Duration retry_strategy:RetryStrategy",
    "RpcFunctionMetadata": "name:string function_id:string managed_dependency_enabled:bool directory:string"
    " script_file:string entry_point:string is_proxy:bool language:string bindings:{BindingInfo}"
    " raw_bindings:*string retry_options:RpcRetryOptions properties:{string}",
    "FunctionMetadataResponse": "use_default_metadata_indexing:bool function_metadata_results:*RpcFunctionMetadata"
    " result:StatusResult",
    "RpcTraceContext": "trace_parent:string trace_state:string attributes:{string}",
    "RetryContext": "retry_count:int32 max_retry_count:int32 exception:RpcException",
    "NullableString": "value:?string",
    "NullableBool": "value:?bool",
    "NullableDouble": "value:?double",
    "NullableTimestamp": "value:?Timestamp",
    "RpcHttpCookie": "name:string value:string domain:NullableString path:NullableString expires:NullableTimestamp"
    " secure:NullableBool http_only:NullableBool same_site:SameSite max_age:NullableDouble",
    "RpcHttp": "method:string url:string headers:{string} params:{string} query:{string} body:TypedData"
    " status_code:string enable_content_negotiation:bool cookies:*RpcHttpCookie",
    "CollectionString": "string:*string",
    "CollectionBytes": "bytes:*bytes",
    "CollectionDouble": "double:*double",
    "CollectionSInt64": "sint64:*sint64",
    "TypedData": "string:?string json:?string bytes:?bytes http:?RpcHttp int:?sint64 double:?double"
    " collection_string:?CollectionString collection_bytes:?CollectionBytes collection_double:?CollectionDouble"
    " collection_sint64:?CollectionSInt64",
    "ParameterBinding": "name:string data:?TypedData",
    "InvocationRequest": "invocation_id:string function_id:string input_data:*ParameterBinding"
    " trigger_metadata:{TypedData} trace_context:RpcTraceContext retry_context:RetryContext",
    "InvocationResponse": "invocation_id:string return_value:TypedData output_data:*ParameterBinding"
    " result:StatusResult",
}
_GROUPS: Final = {"TypedData": "data", "ParameterBinding": "rpc_data"}


def _set_type(field: descriptor_pb2.FieldDescriptorProto, kind: str, owner: str) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    elif kind in _ENUMS.get(owner, {}):
        field.type = _Field.TYPE_ENUM
        field.type_name = f".{_PACKAGE}.{owner}.{kind}"
    else:
        field.type = _Field.TYPE_MESSAGE
        field.type_name = _KNOWN_TYPES.get(kind, f".{_PACKAGE}.{kind}")


def _add_map_entry(message: descriptor_pb2.DescriptorProto, field_name: str, kind: str) -> str:
    entry = message.nested_type.add(name=field_name.title().replace("_", "") + "Entry")
    entry.options.map_entry = True
    key = entry.field.add(name="key", number=1, label=_Field.LABEL_OPTIONAL)
    _set_type(key, "string", message.name)
    value = entry.field.add(name="value", number=2, label=_Field.LABEL_OPTIONAL)
    _set_type(value, kind, message.name)
    return f"{message.name}.{entry.name}"


def _add_field(message: descriptor_pb2.DescriptorProto, number: int, name: str, kind: str) -> None:
    repeated = kind[0] in "*{"
    if kind.startswith("{"):
        kind = _add_map_entry(message, name, kind.strip("{}"))
    label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
    field = message.field.add(name=name, number=number, label=label)
    if kind.startswith("?"):
        if not message.oneof_decl:
            message.oneof_decl.add(name=_GROUPS.get(message.name, "presence"))
        field.oneof_index = 0
    _set_type(field, kind.lstrip("?*"), message.name)


def _add_message(file: descriptor_pb2.FileDescriptorProto, name: str, fields: str) -> None:
    message = file.message_type.add(name=name)
    for enum_name, values in _ENUMS.get(name, {}).items():
        enum = message.enum_type.add(name=enum_name)
        for number, value in enumerate(values):
            enum.value.add(name=value, number=number)
    for number, field in enumerate(fields.split(), start=1):
        field_name, kind = field.split(":")
        _add_field(message, number, field_name, kind)


def _classes() -> Iterator[tuple[str, Any]]:
    file = descriptor_pb2.FileDescriptorProto(name="tests/functions/worker.proto", package=_PACKAGE, syntax="proto3")
    file.dependency.extend([duration_pb2.DESCRIPTOR.name, timestamp_pb2.DESCRIPTOR.name])
    for name, fields in _MESSAGES.items():
        _add_message(file, name, fields)
    pool = descriptor_pool.Default()
    pool.Add(file)
    for name in _MESSAGES:
        yield name, message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
    yield "Timestamp", timestamp_pb2.Timestamp


PROTOS: Final = SimpleNamespace(**dict(_classes()))
"""The message classes under the names the library looks for."""
