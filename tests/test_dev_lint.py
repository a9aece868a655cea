from odoo.tests import BaseCase, tagged

from ..devtools import lint


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
