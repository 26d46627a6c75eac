"""The API server without kubectl in between: for tests that ask it all the time and in the midst of its failures."""

import http.client
import json
import ssl
import urllib.error
import urllib.request

GROUP_PATH = "/apis/diagnosis.kubediag.org/v1"


class Api:
    """As the plane's administrator. A request that gets no answer is an OSError."""

    def __init__(self, plane):
        self._server = plane.server
        self._context = ssl.create_default_context(cafile=plane.authority.certificate)
        self._context.load_cert_chain(plane.authority.folder / "admin.crt", plane.authority.folder / "admin.key")

    def ask(self, method, path, body=None, content_type="application/json", timeout=10):
        """Status code and decoded answer."""
        request = urllib.request.Request(self._server + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": content_type})
        try:
            try:
                with urllib.request.urlopen(request, timeout=timeout, context=self._context) as answer:
                    return answer.status, json.loads(answer.read())
            except urllib.error.HTTPError as error:
                with error:
                    error.read()
                return error.code, {}
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(f"{method} {path}: {error}") from error

    def diagnoses_path(self, namespace, name=""):
        return f"{GROUP_PATH}/namespaces/{namespace}/diagnoses" + (f"/{name}" if name else "")
