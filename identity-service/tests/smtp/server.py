"""A mail server on loopback for the tests of SMTP (Debian's python3-aiosmtpd): an implementation that is not ours.

    server.py OUTPUT [--answer "451 busy"] [--certificate FILE --key FILE] [--password PASSWORD]

Prints "port N", then writes each letter that it accepts as a line of JSON to OUTPUT. --answer is what it says to every
recipient; with a certificate it offers STARTTLS; with a password it takes letters from who signs in with it only.
"""

import argparse
import json
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from letter import describe

arguments = argparse.ArgumentParser()
arguments.add_argument("output")
arguments.add_argument("--answer")
arguments.add_argument("--certificate")
arguments.add_argument("--key")
arguments.add_argument("--password")
options = arguments.parse_args()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if options.answer:
            return options.answer
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server, session, envelope):
        letter = {"sender": envelope.mail_from, "recipients": envelope.rcpt_tos, "tls": session.ssl is not None}
        with open(options.output, "a", encoding="utf-8") as file:
            file.write(json.dumps(letter | describe(envelope.content)) + "\n")
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = options.password is not None and data.password == options.password.encode()
    return AuthResult(success=good)


class Server(Controller):
    def factory(self):
        context = None
        if options.certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(options.certificate, options.key)
        return SMTP(
            self.handler,
            tls_context=context,
            authenticator=authenticate,
            auth_required=options.password is not None,
            auth_require_tls=False,
        )


class PickedPort(Server):
    """Controller's own self-test connects to the port that it was given, which is 0."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


controller = PickedPort(Handler(), hostname="127.0.0.1", port=0)
controller.start()
print("port", controller.port, flush=True)
sys.stdin.read()  # until the test ends
