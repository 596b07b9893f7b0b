"""The other side of fernet_test.cpp: does what it is told with Python's cryptography and says what came of it.

Standard input: a JSON list of requests. Standard output: a JSON list of answers, in the same order; null stands for
InvalidToken. Texts are UTF-8, plaintexts are base64 (they may be any bytes).
"""

import base64
import json
import sys

import cryptography
from cryptography.fernet import Fernet, InvalidToken, MultiFernet


def bytes_of(text):
    return base64.b64decode(text)


def text_of(data):
    return base64.b64encode(data).decode()


def timestamp_of(token):
    return int.from_bytes(base64.urlsafe_b64decode(token)[1:9], "big")


def decrypt(request):
    fernet = MultiFernet([Fernet(key) for key in request["keys"]])
    try:
        if "ttl" in request:
            plaintext = fernet.decrypt_at_time(request["token"], request["ttl"], request["now"])
        else:
            plaintext = fernet.decrypt(request["token"])
    except InvalidToken:
        return None
    return text_of(plaintext)


def encrypt(request):
    fernet = MultiFernet([Fernet(key) for key in request["keys"]])
    return fernet.encrypt_at_time(bytes_of(request["plaintext"]), request["now"]).decode()


def encrypt_with_iv(request):
    # Without the random IV, so that the bytes can be compared.
    return (
        Fernet(request["keys"][0])
        ._encrypt_from_parts(bytes_of(request["plaintext"]), request["now"], bytes_of(request["iv"]))
        .decode()
    )


def rotate(request):
    token = MultiFernet([Fernet(key) for key in request["keys"]]).rotate(request["token"]).decode()
    return {"token": token, "keeps_time": timestamp_of(token) == timestamp_of(request["token"])}


actions = {
    "version": lambda request: cryptography.__version__,
    "generate_key": lambda request: Fernet.generate_key().decode(),
    "decrypt": decrypt,
    "encrypt": encrypt,
    "encrypt_with_iv": encrypt_with_iv,
    "rotate": rotate,
}

json.dump([actions[request["do"]](request) for request in json.load(sys.stdin)], sys.stdout)
