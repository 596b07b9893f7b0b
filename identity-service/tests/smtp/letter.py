"""Reads letters with Python's own mail parser: letter.py FILE… prints one JSON array."""

import email
import email.policy
import json
import sys


def describe(content):
    message = email.message_from_bytes(content, policy=email.policy.default)
    return {
        "headers": message.keys(),
        "from": [[one.display_name, one.addr_spec] for one in message["from"].addresses],
        "to": [one.addr_spec for one in message["to"].addresses],
        "subject": message["subject"],
        "text": message.get_content().replace("\r\n", "\n"),
        "defects": [str(defect) for defect in message.defects],
        "longest_line": max(len(line) for line in content.split(b"\r\n")),
        "is_ascii": content.isascii(),
    }


if __name__ == "__main__":
    letters = []
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            letters.append(describe(file.read()))
    print(json.dumps(letters))
