"""The Python client against our server (its socket is in TTRPC_TEST_SOCKET) and hostile frames."""

import importlib.util
import os
import pathlib
import socket
import struct
import tempfile
import threading
import time
import unittest

_PATH = pathlib.Path(__file__).parents[3] / "clients" / "python" / "autodidact_ttrpc.py"
_SPEC = importlib.util.spec_from_file_location("autodidact_ttrpc", _PATH)
ttrpc = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(ttrpc)

SERVICE = "test.Echo"
SOCKET = os.environ.get("TTRPC_TEST_SOCKET")


class Text:
    """A stand-in for a protobuf class."""

    def __init__(self, text=""):
        self.text = text

    def SerializeToString(self):
        return self.text.encode()

    @classmethod
    def FromString(cls, data):
        return cls(data.decode())


@unittest.skipUnless(SOCKET, "TTRPC_TEST_SOCKET names no server")
class ServerTests(unittest.TestCase):
    def setUp(self):
        self.client = ttrpc.Client(SOCKET)
        self.addCleanup(self.client.close)

    def test_unary_returns_the_bytes_that_were_sent(self):
        for count in [0, 1, 1000, 1 << 20, (4 << 20) - 64]:
            sent = os.urandom(count)
            self.assertEqual(self.client.unary(SERVICE, "Echo", sent), sent)

    def test_messages_are_encoded_and_decoded(self):
        answer = self.client.unary(SERVICE, "Echo", Text("grüße"), Text)
        self.assertEqual(answer.text, "grüße")

    def test_a_status_keeps_its_code_and_message(self):
        for code in [3, 5, 8, 16]:
            with self.assertRaises(ttrpc.RpcError) as caught:
                self.client.unary(SERVICE, "Fail", str(code).encode())
            self.assertEqual(caught.exception.code, code)
            self.assertEqual(caught.exception.message, "asked to fail")

    def test_an_unknown_method_is_unimplemented(self):
        with self.assertRaises(ttrpc.RpcError) as caught:
            self.client.unary(SERVICE, "Absent", b"")
        self.assertEqual(caught.exception.code, ttrpc.Code.UNIMPLEMENTED)

    def test_unavailable_is_tried_as_often_as_allowed(self):
        started = time.monotonic()
        with self.assertRaises(ttrpc.RpcError) as caught:
            self.client.unary(SERVICE, "Fail", b"14")
        self.assertEqual(caught.exception.code, ttrpc.Code.UNAVAILABLE)
        self.assertGreater(time.monotonic() - started, 0.17)

    def test_a_deadline_ends_the_call(self):
        with self.assertRaises(ttrpc.RpcError) as caught:
            self.client.unary(SERVICE, "Wait", b"", timeout=0.1)
        self.assertEqual(caught.exception.code, ttrpc.Code.DEADLINE_EXCEEDED)
        self.assertEqual(self.client.unary(SERVICE, "Echo", b"x"), b"x")

    def test_metadata_is_sent_in_lower_case(self):
        answer = self.client.unary(SERVICE, "Trace", b"", metadata={"Trace-ID": "abc"})
        self.assertEqual(answer, b"abc")

    def test_oversized_messages_fail_here_and_there(self):
        for method, request in [("Echo", bytes(5 << 20)), ("Grow", b"5000000")]:
            with self.assertRaises(ttrpc.RpcError) as caught:
                self.client.unary(SERVICE, method, request)
            self.assertEqual(caught.exception.code, ttrpc.Code.RESOURCE_EXHAUSTED)

    def test_a_server_stream_is_read_in_order(self):
        call = self.client.server_stream(SERVICE, "Count", b"3000", Text)
        self.assertEqual([int(answer.text) for answer in call], list(range(3000)))

    def test_a_stream_that_fails_gives_what_came_before(self):
        call = self.client.server_stream(SERVICE, "CountThenFail", b"x")
        self.assertEqual(next(call), b"x")
        with self.assertRaises(ttrpc.RpcError) as caught:
            next(call)
        self.assertEqual(caught.exception.code, ttrpc.Code.DATA_LOSS)

    def test_a_client_stream_has_one_response(self):
        with self.client.client_stream(SERVICE, "Sum") as call:
            for index in range(1000):
                call.send(str(index).encode())
            self.assertEqual(call.response(), b"499500")

    def test_a_bidirectional_stream_talks_back_and_forth(self):
        with self.client.bidirectional(SERVICE, "Chat", Text) as call:
            for index in range(100):
                call.send(Text(str(index)))
                self.assertEqual(next(call).text, str(index))
            call.close_send()
            self.assertEqual(list(call), [])

    def test_sending_everything_before_reading_does_not_deadlock(self):
        with self.client.bidirectional(SERVICE, "Chat") as call:
            for _ in range(300):
                call.send(bytes(100_000))
            call.close_send()
            self.assertEqual(sum(len(answer) for answer in call), 30_000_000)

    def test_one_thread_may_send_while_another_reads(self):
        with self.client.bidirectional(SERVICE, "Chat") as call:

            def send():
                for _ in range(2000):
                    call.send(bytes(10_000))
                call.close_send()

            sender = threading.Thread(target=send)
            sender.start()
            self.assertEqual(sum(1 for _ in call), 2000)
            sender.join()

    def test_a_stream_has_a_deadline(self):
        with self.client.bidirectional(SERVICE, "Deaf", timeout=0.1) as call:
            with self.assertRaises(ttrpc.RpcError) as caught:
                next(call)
        self.assertEqual(caught.exception.code, ttrpc.Code.DEADLINE_EXCEEDED)

    def test_threads_share_a_client(self):
        wrong = []

        def run(name):
            for index in range(50):
                sent = b"%d/%d" % (name, index)
                if self.client.unary(SERVICE, "Echo", sent) != sent:
                    wrong.append(sent)

        threads = [threading.Thread(target=run, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_connections_are_used_again(self):
        for _ in range(20):
            self.client.unary(SERVICE, "Echo", b"")
            list(self.client.server_stream(SERVICE, "Count", b"2"))
        self.assertEqual(len(self.client._idle), 1)

    def test_protobuf_descriptors_make_a_stub(self):
        try:
            from google.protobuf import descriptor_pb2, descriptor_pool
        except ImportError:
            self.skipTest("the protobuf package is not installed")
        file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="test", syntax="proto3")
        file.message_type.add(name="M").field.add(name="t", number=1, type=9, label=1)
        method = file.service.add(name="Echo").method
        method.add(name="Echo", input_type=".test.M", output_type=".test.M")
        method.add(
            name="Chat", input_type=".test.M", output_type=".test.M", client_streaming=True,
            server_streaming=True)
        pool = descriptor_pool.DescriptorPool()
        pool.Add(file)
        stub = self.client.stub(pool.FindServiceByName("test.Echo"))
        message = ttrpc._message_class(pool.FindMessageTypeByName("test.M"))
        self.assertEqual(stub.Echo(message(t="a")).t, "a")
        with stub.Chat() as call:
            call.send(message(t="b"))
            call.close_send()
            self.assertEqual([answer.t for answer in call], ["b"])


class HostileServerTests(unittest.TestCase):
    """The client against a server whose bytes are written by hand."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "s.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        self.listener.bind(self.path)
        self.listener.listen()
        self.client = ttrpc.Client(self.path, timeout=30, attempts=1)
        self.addCleanup(self.client.close)

    def serve(self, *answers, stays=True):
        """Answers one connection's requests with the given bytes, and may close it then."""

        def run():
            connection, _ = self.listener.accept()
            with connection:
                for answer in answers:
                    header = connection.recv(10, socket.MSG_WAITALL)
                    if len(header) < 10:
                        return
                    connection.recv(struct.unpack(">I", header[:4])[0], socket.MSG_WAITALL)
                    try:
                        connection.sendall(answer)
                    except OSError:
                        return
                if stays:
                    connection.recv(1)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()

    @staticmethod
    def frame(stream, kind, flags, body):
        return struct.pack(">IIBB", len(body), stream, kind, flags) + body

    def expect(self, code, *answers, stays=True):
        self.serve(*answers, stays=stays)
        with self.assertRaises(ttrpc.RpcError) as caught:
            self.client.unary(SERVICE, "Echo", b"x")
        self.assertEqual(caught.exception.code, code)

    def test_an_empty_status_is_success(self):
        self.serve(self.frame(1, 2, 0, b"\x0a\x00\x12\x01y"))
        self.assertEqual(self.client.unary(SERVICE, "Echo", b"x"), b"y")

    def test_unknown_frames_and_other_streams_are_ignored(self):
        other = self.frame(9, 2, 0, b"\x12\x01n") + self.frame(1, 77, 255, b"zz")
        self.serve(other + self.frame(1, 2, 0, b"\x12\x01y"))
        self.assertEqual(self.client.unary(SERVICE, "Echo", b"x"), b"y")

    def test_broken_envelopes_are_internal_errors(self):
        for body in [b"\x0a", b"\x0a\x09\x01", b"\x12\xff\xff\xff\xff\x0f", b"\x0b", b"\xff" * 12]:
            with self.subTest(body=body):
                client, self.client = self.client, ttrpc.Client(self.path, timeout=30, attempts=1)
                self.addCleanup(client.close)
                self.expect(ttrpc.Code.INTERNAL, self.frame(1, 2, 0, body))

    def test_an_oversized_answer_is_thrown_away(self):
        body = bytes((4 << 20) + 1)
        self.expect(ttrpc.Code.RESOURCE_EXHAUSTED, self.frame(1, 2, 0, body))

    def test_an_absurd_length_is_not_waited_for(self):
        self.expect(ttrpc.Code.UNAVAILABLE, struct.pack(">IIBB", 0xFFFFFFFF, 1, 2, 0))

    def test_a_connection_that_ends_inside_a_frame_is_unavailable(self):
        self.expect(ttrpc.Code.UNAVAILABLE, self.frame(1, 2, 0, b"\x12\x05hello")[:-2], stays=False)

    def test_a_missing_daemon_is_named(self):
        with self.assertRaises(ttrpc.RpcError) as caught:
            ttrpc.Client(self.path + "x", attempts=1).unary(SERVICE, "Echo", b"")
        self.assertEqual(caught.exception.code, ttrpc.Code.UNAVAILABLE)
        self.assertIn("daemon not running", caught.exception.message)

    def test_a_closed_client_makes_no_calls(self):
        self.client.close()
        with self.assertRaises(ttrpc.RpcError) as caught:
            self.client.unary(SERVICE, "Echo", b"")
        self.assertEqual(caught.exception.code, ttrpc.Code.CANCELLED)


if __name__ == "__main__":
    unittest.main()
