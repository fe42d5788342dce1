"""Calls the test's services with messages of the standard protobuf package.

    /usr/bin/python3 call_services.py REPOSITORY SOCKET
"""

import importlib
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(sys.argv[1])
SOCKET = sys.argv[2]
sys.path.insert(0, str(REPOSITORY / "clients/python"))
ttrpc = importlib.import_module("autodidact_ttrpc")


def generated(folder):
    """The modules that protoc makes of all our files."""
    protos = REPOSITORY / "Protos"
    files = sorted(path.relative_to(protos) for path in protos.rglob("*.proto"))
    subprocess.run(["protoc", "-I", protos, f"--python_out={folder}", *files], check=True)
    sys.path.insert(0, folder)
    return {path.stem: importlib.import_module(f"autodidact.v1.{path.stem}_pb2") for path in files}


class ServiceTests(unittest.TestCase):
    def setUp(self):
        self.client = ttrpc.Client(SOCKET)
        self.addCleanup(self.client.close)

    def stub(self, module, service):
        return self.client.stub(PB[module].DESCRIPTOR.services_by_name[service])

    def test_unary(self):
        request = PB["encoder"].EncodeRequest(sequence=7)
        request.text.texts.extend(["a", "grüße", ""])
        response = self.stub("encoder", "Encoder").Encode(request, timeout=10)
        self.assertEqual(response.sequence, 7)
        self.assertEqual(list(response.features.shape), [3, 1])
        self.assertEqual(struct.unpack("<3f", response.features.data), (1, 7, 0))

    def test_status(self):
        with self.assertRaises(ttrpc.RpcError) as caught:
            self.stub("encoder", "Encoder").Encode(PB["encoder"].EncodeRequest(model="unknown"))
        self.assertEqual(caught.exception.code, ttrpc.Code.NOT_FOUND)

    def test_bidirectional(self):
        with self.stub("encoder", "Encoder").EncodeStream() as call:
            for sequence in range(20):
                call.send(PB["encoder"].EncodeRequest(sequence=sequence))
                self.assertEqual(next(call).sequence, sequence)
            call.close_send()
            self.assertEqual(list(call), [])

    def test_client_stream(self):
        with self.stub("ood", "OODDetector").Fit() as call:
            for row_count in (1, 2, 3):
                request = PB["ood"].FitDetectorRequest()
                request.chunk.features.shape.extend([row_count, 1])
                request.chunk.features.data = bytes(4 * row_count)
                call.send(request)
            self.assertEqual(call.response().detector.fitted_row_count, 6)

    def test_server_stream(self):
        request = PB["health"].HealthCheckRequest(service="x")
        states = [answer.status for answer in self.stub("health", "Health").Watch(request)]
        self.assertEqual(states, [3, 1, 2])

    def test_large_tensor(self):
        request = PB["encoder"].EncodeRequest()
        request.text.texts.extend(["x" * (index % 50) for index in range(50_000)])
        response = self.stub("encoder", "Encoder").Encode(request)
        values = struct.unpack("<50000f", response.features.data)
        self.assertEqual(list(values), [index % 50 for index in range(50_000)])


with tempfile.TemporaryDirectory() as FOLDER:
    PB = generated(FOLDER)
    unittest.main(argv=["call_services", "-v"])
