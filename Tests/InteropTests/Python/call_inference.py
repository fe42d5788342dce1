"""Generates with the inference daemon by the Python client, and checks the text by scoring it.

    /usr/bin/python3 call_inference.py REPOSITORY SOCKET
"""

import importlib
import pathlib
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(REPOSITORY / "clients/python"))
ttrpc = importlib.import_module("autodidact_ttrpc")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        protos = REPOSITORY / "Protos"
        files = sorted(path.relative_to(protos) for path in protos.rglob("*.proto"))
        subprocess.run(["protoc", "-I", protos, f"--python_out={folder}", *files], check=True)
        sys.path.insert(0, folder)
        pb = importlib.import_module("autodidact.v1.inference_pb2")
    client = ttrpc.Client(sys.argv[2])
    stub = client.stub(pb.DESCRIPTOR.services_by_name["Inference"])

    request = pb.GenerateRequest(sample_count=1)
    request.prompt.text = "Hello"
    request.sampling.temperature = 1
    request.stop.tokens_max = 12
    request.stop.ignore_end_token = True
    ids, text, end = [], "", None
    for response in stub.Generate(request, timeout=60):
        if response.HasField("delta"):
            ids += [token.id for token in response.delta.tokens]
            text += response.delta.text
        elif response.HasField("end"):
            end = response.end
    assert end.token_count == len(ids) == 12, (end, ids)

    question = pb.ScoreContinuationsRequest()
    question.prompt.text = "Hello"
    question.continuations.add().tokens.ids.extend(ids)
    score = stub.ScoreContinuations(question, timeout=60).scores[0]
    assert abs(score.log_probability - end.log_probability) < 1e-6, (score, end)

    try:
        stub.Generate(pb.GenerateRequest(model="none"), timeout=60).__next__()
        raise AssertionError("a model that is not there was found")
    except ttrpc.RpcError as error:
        assert error.code == ttrpc.Code.NOT_FOUND, error
    client.close()
    print(f"generated {len(ids)} tokens")


main()
