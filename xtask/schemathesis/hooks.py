"""What schemathesis does not know by itself: a body of NDJSON is a line for each submission."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(ctx, value):
    if isinstance(value, bytes):
        return value
    line = json.dumps(value)
    return f"{line}\n{line}\n".encode()
