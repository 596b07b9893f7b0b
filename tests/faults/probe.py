"""probe.py PORT PATH SECONDS: asks every 10 ms on one connection; prints the seconds that each answer took, as JSON."""

import http.client
import json
import sys
import time

port, path, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
taken = []
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
end = time.monotonic() + seconds
while time.monotonic() < end:
    began = time.monotonic()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        taken.append(time.monotonic() - began if answer.status == 200 else -1)
    except OSError:
        connection.close()
        taken.append(-1)
    time.sleep(0.01)
print(json.dumps(taken))
