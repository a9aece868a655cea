import os
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ..devtools import audit, lint


@tagged("post_install", "-at_install")
class TestDevLint(BaseCase):
    def test_requirements_name_one_version(self):
        text = """# a comment

        requests==2.31.0
        gevent==24.11.1 ; python_version >= "3.13"
        PyJWT==2.15.1 # why
        """
        self.assertEqual(lint.unpinned(text), [])
        loose = [
            *("requests", "requests>=2", "requests==2.*", "requests~=2.31"),
            *("-r other.txt", "--index-url x", "git+https://host.example/x"),
            "requests==2.31.0 ; a ; b",
        ]
        self.assertEqual(lint.unpinned("\n".join(loose)), loose)

    def test_known_faults_are_asked_for_where_a_service_is_named(self):
        with patch.dict(os.environ):
            os.environ.pop(audit.VARIABLE, None)
            self.assertEqual(audit.known_faults(None)[0], False)
            for url in ("http://127.0.0.1:1/v1/query", "nonsense", "http://x:y"):
                os.environ[audit.VARIABLE] = url
                asked, text = audit.known_faults(None)
                self.assertFalse(asked)
                self.assertIn("does not answer", text)
