"""probe.py PORT PATH SECONDS: asks every 10 ms on one connection, with the token in $TOKEN if there is one; prints the
seconds that each answer took, as JSON, -1 for one that is not 200."""

import http.client
import json
import os
import sys
import time

port, path, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"} if os.environ.get("TOKEN") else {}
taken = []
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
end = time.monotonic() + seconds
while time.monotonic() < end:
    began = time.monotonic()
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        taken.append(time.monotonic() - began if answer.status == 200 else -1)
    except OSError:
        connection.close()
        taken.append(-1)
    time.sleep(0.01)
print(json.dumps(taken))
