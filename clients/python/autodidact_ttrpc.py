"""A ttrpc client in one file: unary calls and streams over a Unix socket.

It needs nothing but Python 3.9. Messages are the classes that protoc makes for the standard
`protobuf` package, or anything with `SerializeToString()` and `FromString()`, or plain bytes::

    import autodidact_ttrpc as ttrpc
    from autodidact.v1 import encoder_pb2

    with ttrpc.Client("/run/autodidact/encoder.sock") as client:
        encoder = client.stub(encoder_pb2.DESCRIPTOR.services_by_name["Encoder"])
        answer = encoder.Encode(encoder_pb2.EncodeRequest(...), timeout=5)

        with encoder.EncodeStream() as call:
            call.send(encoder_pb2.EncodeRequest(...))
            call.close_send()
            for answer in call:
                ...

Without `protobuf`, `client.unary(service, method, request_bytes)` returns bytes.

A `Client` may be used by many threads. Each call has a connection for itself while it runs, taken
from a pool, so that a slow reader holds up nobody else, and giving a call up (a deadline, `cancel`,
leaving a `with` block) closes its connection, which stops the work in the server: ttrpc has no
frame for that. One thread may send on a stream while another reads it.
"""

import errno
import selectors
import socket
import struct
import threading
import time

__all__ = ["Call", "Client", "Code", "RpcError", "Stub"]

BODY_BYTES_MAX = 4 << 20
DISCARD_BYTES_MAX = 64 << 20
UNREAD_BYTES_MAX = 64 << 20

_REQUEST, _RESPONSE, _DATA = 1, 2, 3
_REMOTE_CLOSED, _REMOTE_OPEN, _NO_DATA = 1, 2, 4
_HEADER = struct.Struct(">IIBB")


class Code:
    """The status codes, which are gRPC's."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16

    @staticmethod
    def name(code):
        """The name of a code, or CODE_n for a number without one."""
        for name, value in vars(Code).items():
            if value == code and name.isupper():
                return name
        return "CODE_%d" % code


class RpcError(Exception):
    """A call that failed: `code` is one of `Code`, `message` says why."""

    def __init__(self, code, message):
        super().__init__("%s: %s" % (Code.name(code), message))
        self.code = code
        self.message = message


class _ConnectionLost(RpcError):
    """The connection ended during a call, so nobody knows whether the call ran."""

    def __init__(self, message="the server closed the connection"):
        super().__init__(Code.UNAVAILABLE, message)


# Envelopes: the two protobuf messages of ttrpc itself, by hand.


def _varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number, content):
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _fields(data):
    """Yields (number, value) of each field; the value of a group is an error."""
    position = 0

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            if position >= len(data) or shift > 63:
                raise RpcError(Code.INTERNAL, "malformed response envelope")
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while position < len(data):
        tag = varint()
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            yield number, varint()
            continue
        size = {1: 8, 5: 4}.get(wire)
        if wire == 2:
            size = varint()
        if size is None or number == 0 or size > len(data) - position:
            raise RpcError(Code.INTERNAL, "malformed response envelope")
        yield number, data[position : position + size]
        position += size


def _request_body(service, method, payload, timeout, metadata):
    body = _field(1, service.encode()) + _field(2, method.encode())
    if timeout is not None:
        body += _varint(4 << 3) + _varint(max(1, int(timeout * 1e9)))
    for key, values in (metadata or {}).items():
        for value in [values] if isinstance(values, str) else values:
            pair = _field(1, key.lower().encode()) + _field(2, value.encode())
            body += _field(5, pair)
    if payload:
        body += _field(3, payload)
    return body


def _response(body):
    """Returns the payload of a response, or raises its status."""
    payload = b""
    for number, value in _fields(memoryview(body)):
        if number == 1 and not isinstance(value, int):
            code, message = Code.OK, ""
            for part, content in _fields(value):
                if part == 1 and isinstance(content, int):
                    code = content & 0xFFFFFFFF
                    code -= (code >> 31) << 32
                elif part == 2 and not isinstance(content, int):
                    message = bytes(content).decode("utf-8", "replace")
            if code != Code.OK:
                raise RpcError(code, message)
        elif number == 2 and not isinstance(value, int):
            payload = bytes(value)
    return payload


def _encode(message):
    if isinstance(message, (bytes, bytearray, memoryview)):
        return bytes(message)
    return message.SerializeToString()


def _decode(payload, message_type):
    return payload if message_type is None else message_type.FromString(payload)


class _Connection:
    """One socket, its frames and its stream ids; used by one call at a time."""

    def __init__(self, path, deadline):
        self.next_id = 1
        self._buffer = bytearray()
        self._discard = 0
        self._frames = []
        self._frame_bytes = 0
        self._read_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(_remaining(deadline))
            self.socket.connect(path)
            self.socket.setblocking(False)
        except OSError as error:
            self.socket.close()
            raise _connect_error(path, error) from error

    def close(self):
        # Shutting down first wakes a thread that waits for this socket.
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # It is closed or was never connected.
        self.socket.close()

    def is_usable(self):
        """Whether an idle connection may serve another call: silent, alive and with ids left."""
        if self.next_id > 0xFFFFFFFF or self._buffer or self._frames:
            return False
        try:
            return not _wait(self.socket, selectors.EVENT_READ, 0)
        except (OSError, ValueError):
            return False

    def send(self, stream, kind, flags, body, deadline):
        """Writes a frame, and takes in what comes while the server does not read."""
        with self._write_lock:
            data = memoryview(_HEADER.pack(len(body), stream, kind, flags) + body)
            while data:
                try:
                    data = data[self.socket.send(data) :]
                    continue
                except BlockingIOError:
                    pass
                except OSError as error:
                    raise _ConnectionLost("the connection broke: %s" % error) from error
                self._wait_for_room(deadline)

    def _wait_for_room(self, deadline):
        # Both sides would wait for ever if neither read while it writes.
        if not self._read_lock.acquire(blocking=False):
            self._wait(selectors.EVENT_WRITE, deadline)
            return
        try:
            events = selectors.EVENT_READ | selectors.EVENT_WRITE
            if self._wait(events, deadline) & selectors.EVENT_READ:
                if self._frame_bytes + len(self._buffer) > UNREAD_BYTES_MAX:
                    raise RpcError(
                        Code.RESOURCE_EXHAUSTED,
                        "%d bytes of answers wait to be read" % UNREAD_BYTES_MAX,
                    )
                self._fill()
        finally:
            self._read_lock.release()

    def receive(self, deadline):
        """Returns the next frame as (stream, kind, flags, body); body is None if oversized."""
        with self._read_lock:
            while not self._frames:
                self._wait(selectors.EVENT_READ, deadline)
                self._fill()
            frame = self._frames.pop(0)
            self._frame_bytes -= len(frame[3] or b"")
            return frame

    def _wait(self, events, deadline):
        try:
            ready = _wait(self.socket, events, _remaining(deadline))
        except (OSError, ValueError) as error:
            raise RpcError(Code.CANCELLED, "the call was cancelled") from error
        if not ready:
            raise RpcError(Code.DEADLINE_EXCEEDED, "no answer came before the deadline")
        return ready

    def _fill(self):
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError as error:
            raise _ConnectionLost("the connection broke: %s" % error) from error
        if not data:
            raise _ConnectionLost()
        self._buffer += data
        while self._cut():
            pass

    def _cut(self):
        """Takes one frame out of the buffer; an oversized body is thrown away as it comes."""
        if self._discard:
            count = min(self._discard, len(self._buffer))
            del self._buffer[:count]
            self._discard -= count
            if self._discard:
                return False
        if len(self._buffer) < _HEADER.size:
            return False
        length, stream, kind, flags = _HEADER.unpack_from(self._buffer)
        if length > DISCARD_BYTES_MAX:
            raise _ConnectionLost("the server announced a frame of %d bytes" % length)
        if length > BODY_BYTES_MAX:
            del self._buffer[: _HEADER.size]
            self._discard = length
            self._frames.append((stream, kind, flags, None))
            return True
        end = _HEADER.size + length
        if len(self._buffer) < end:
            return False
        self._frames.append((stream, kind, flags, bytes(self._buffer[_HEADER.size : end])))
        self._frame_bytes += length
        del self._buffer[:end]
        return True


def _wait(sock, events, timeout):
    with selectors.DefaultSelector() as selector:
        selector.register(sock, events)
        ready = selector.select(timeout)
        return ready[0][1] if ready else 0


def _remaining(deadline):
    if deadline is None:
        return None
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise RpcError(Code.DEADLINE_EXCEEDED, "no answer came before the deadline")
    return remaining


def _connect_error(path, error):
    if error.errno == errno.ENOENT:
        return RpcError(Code.UNAVAILABLE, "daemon not running: no socket at %s" % path)
    if error.errno == errno.ECONNREFUSED:
        return RpcError(Code.UNAVAILABLE, "daemon not running: nobody listens on %s" % path)
    if error.errno in (errno.EACCES, errno.EPERM):
        return RpcError(Code.PERMISSION_DENIED, "permission denied on socket %s" % path)
    if isinstance(error, socket.timeout):
        return RpcError(Code.DEADLINE_EXCEEDED, "no connection to %s in time" % path)
    return RpcError(Code.UNAVAILABLE, "cannot connect to %s: %s" % (path, error))


class Call:
    """A call on which one side or both send a stream of messages.

    Iterate over it for the answers. Use it as a context manager, or call `cancel` when you do not
    read it to its end.
    """

    def __init__(self, client, connection, stream, deadline, streams_requests, response_type):
        self._client = client
        self._connection = connection
        self._stream = stream
        self._deadline = deadline
        self._is_open = streams_requests
        self._response_type = response_type
        self._is_over = False

    def send(self, message):
        """Sends one request message, waiting while the server reads too slowly."""
        payload = _encode(message)
        if len(payload) > BODY_BYTES_MAX:
            raise RpcError(
                Code.RESOURCE_EXHAUSTED,
                "message of %d bytes, limit %d" % (len(payload), BODY_BYTES_MAX),
            )
        if not self._is_open:
            raise RpcError(Code.FAILED_PRECONDITION, "the requests of this call have ended")
        self._try(lambda: self._connection.send(self._stream, _DATA, 0, payload, self._deadline))

    def close_send(self):
        """Says that no request message follows."""
        if not self._is_open or self._is_over:
            return
        self._is_open = False
        flags = _REMOTE_CLOSED | _NO_DATA
        self._try(lambda: self._connection.send(self._stream, _DATA, flags, b"", self._deadline))

    def __iter__(self):
        return self

    def __next__(self):
        if self._is_over:
            raise StopIteration
        ended, payload = self._try(self._next)
        if ended:
            self._finish()
        if payload is None:
            raise StopIteration
        return _decode(payload, self._response_type)

    def response(self):
        """Returns the one answer of a client-streaming call, ending its requests first."""
        self.close_send()
        for message in self:
            return message
        raise RpcError(Code.INTERNAL, "the server ended the call without a response")

    def cancel(self):
        """Gives the call up; the server is told by closing the call's connection."""
        if not self._is_over:
            self._is_over = True
            self._connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cancel()

    def __del__(self):
        if not getattr(self, "_is_over", True):
            self.cancel()

    def _try(self, body):
        try:
            return body()
        except BaseException:
            self.cancel()
            raise

    def _next(self):
        """Returns whether the call is over, and a payload or None."""
        while True:
            stream, kind, flags, body = self._connection.receive(self._deadline)
            if stream != self._stream or kind not in (_RESPONSE, _DATA):
                continue
            if body is None:
                raise RpcError(Code.RESOURCE_EXHAUSTED, "answer over %d bytes" % BODY_BYTES_MAX)
            if kind == _RESPONSE:
                try:
                    payload = _response(body)
                except RpcError:
                    self._finish()  # The status is the call's end; the connection is in order.
                    raise
                # A stream may also end with an empty success.
                return True, payload if payload or self._answers_once else None
            ends = bool(flags & _REMOTE_CLOSED)
            if not flags & _NO_DATA and (body or not ends):
                return ends, body
            if ends:
                return True, None

    _answers_once = False

    def _finish(self):
        self._is_over = True
        self._client._give_back(self._connection)


class _SingleAnswerCall(Call):
    """A call whose only answer may be an empty message."""

    _answers_once = True


class Client:
    """Calls the methods of the server at a Unix socket."""

    def __init__(self, path, timeout=60.0, attempts=4, idle_connections=8):
        """`timeout` in seconds is for unary calls that do not give one; None means for ever."""
        self.path = str(path)
        self._timeout = timeout
        self._attempts = attempts
        self._idle_max = idle_connections
        self._idle = []
        self._lock = threading.Lock()
        self._is_closed = False

    def unary(
        self, service, method, request, response_type=None, timeout=None, metadata=None,
        idempotent=False,
    ):
        """Calls a method with one request and one response.

        UNAVAILABLE is tried again, for the server says that nothing ran; a connection that broke
        during the call only if `idempotent` says that running it twice does no harm.
        """
        timeout = self._timeout if timeout is None else timeout
        deadline = None if timeout is None else time.monotonic() + timeout
        payload = _encode(request)
        delay = 0.025
        for attempt in range(1, self._attempts + 1):
            try:
                call = self._start(
                    service, method, payload, 0, deadline, metadata, response_type, _SingleAnswerCall)
                answer = next(call, None)
                if answer is None:
                    raise RpcError(Code.INTERNAL, "the server sent no response")
                return answer
            except RpcError as error:
                may_repeat = idempotent or not isinstance(error, _ConnectionLost)
                is_last = attempt == self._attempts
                if error.code != Code.UNAVAILABLE or not may_repeat or is_last:
                    raise
                if deadline is not None and time.monotonic() + delay >= deadline:
                    raise
            time.sleep(delay)
            delay *= 2

    def server_stream(
        self, service, method, request, response_type=None, timeout=None, metadata=None
    ):
        """Calls a method with one request and a stream of responses; iterate over the result."""
        return self._stream(
            service, method, _encode(request), _REMOTE_CLOSED, response_type, timeout, metadata, Call)

    def client_stream(self, service, method, response_type=None, timeout=None, metadata=None):
        """Calls a method with a stream of requests; see `Call.send` and `Call.response`."""
        return self._stream(
            service, method, b"", _REMOTE_OPEN, response_type, timeout, metadata, _SingleAnswerCall)

    def bidirectional(self, service, method, response_type=None, timeout=None, metadata=None):
        """Calls a method with a stream in each direction."""
        return self._stream(
            service, method, b"", _REMOTE_OPEN, response_type, timeout, metadata, Call)

    def stub(self, service_descriptor):
        """Returns an object with one method for each rpc of a protobuf service descriptor."""
        return Stub(self, service_descriptor)

    def close(self):
        """Closes the idle connections; calls under way go on."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _stream(self, service, method, payload, flags, response_type, timeout, metadata, kind):
        deadline = None if timeout is None else time.monotonic() + timeout
        return self._start(
            service, method, payload, flags, deadline, metadata, response_type, kind)

    def _start(self, service, method, payload, flags, deadline, metadata, response_type, kind):
        body = _request_body(service, method, payload, _remaining(deadline), metadata)
        if len(body) > BODY_BYTES_MAX:
            raise RpcError(
                Code.RESOURCE_EXHAUSTED,
                "request of %d bytes, limit %d" % (len(body), BODY_BYTES_MAX),
            )
        connection = self._take(deadline)
        stream = connection.next_id
        connection.next_id += 2
        call = kind(
            self, connection, stream, deadline, bool(flags & _REMOTE_OPEN), response_type)
        call._try(lambda: connection.send(stream, _REQUEST, flags, body, deadline))
        return call

    def _take(self, deadline):
        while True:
            with self._lock:
                if self._is_closed:
                    raise RpcError(Code.CANCELLED, "the client was closed")
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return _Connection(self.path, deadline)
            if connection.is_usable():
                return connection
            connection.close()

    def _give_back(self, connection):
        with self._lock:
            if not self._is_closed and len(self._idle) < self._idle_max:
                self._idle.append(connection)
                return
        connection.close()


class Stub:
    """The rpcs of a protobuf service as methods, with the right message classes."""

    def __init__(self, client, service):
        for method in service.methods:
            setattr(self, method.name, self._method(client, service.full_name, method))

    @staticmethod
    def _method(client, service, method):
        from google.protobuf import descriptor_pb2

        proto = descriptor_pb2.MethodDescriptorProto()
        method.CopyToProto(proto)
        answer = _message_class(method.output_type)
        name = method.name
        # NO_SIDE_EFFECTS and IDEMPOTENT both mean that running the call twice does no harm.
        idempotent = proto.options.idempotency_level != 0
        if proto.client_streaming:
            kind = client.bidirectional if proto.server_streaming else client.client_stream
            return lambda **options: kind(service, name, answer, **options)
        if proto.server_streaming:
            return lambda request, **options: client.server_stream(
                service, name, request, answer, **options)
        return lambda request, **options: client.unary(
            service, name, request, answer, idempotent=idempotent, **options)


def _message_class(descriptor):
    from google.protobuf import message_factory

    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory().GetPrototype(descriptor)
