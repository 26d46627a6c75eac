"""The API server's own count of requests: its audit log."""

import collections
import json
import pathlib
import tempfile

POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["ResponseStarted", "ResponseComplete", "Panic"],
          "rules": [{"level": "Metadata"}]}


class Audit:
    """`flags` are for the API server; requests are counted when they arrive."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="kubediag-audit-")
        folder = pathlib.Path(self._folder.name)
        policy = folder / "policy.json"
        policy.write_text(json.dumps(POLICY))
        self._log = folder / "audit.log"
        self.flags = (f"--audit-policy-file={policy}", f"--audit-log-path={self._log}")

    def now(self):
        """A place in the log."""
        return self._log.stat().st_size

    def since(self, place, agent):
        """Requests of that User-Agent since then: (verb, path without names) and how many."""
        counted = collections.Counter()
        with open(self._log, "rb") as log:
            log.seek(place)
            for line in log.read().splitlines():
                event = json.loads(line)
                if agent in event.get("userAgent", ""):
                    about = event.get("objectRef", {})
                    what = about.get("resource", event["requestURI"].split("?")[0])
                    counted[f"{event['verb']} {what}{'/' + about['subresource'] if 'subresource' in about else ''}"] += 1
        return counted

    def close(self):
        self._folder.cleanup()
