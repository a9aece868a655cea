from odoo.tests import BaseCase

from ..models.masking import Scrubber


class TestScrubber(BaseCase):
    """What is taken out of texts, and what is not."""

    def test_people_find_their_name_gone_not_half_of_other_words(self):
        scrubber = Scrubber(names=["An Li", "Kim", "홍비밀"])
        self.assertEqual(
            scrubber.clean("Kim님: Kimchi for Kim, Ankim; 홍비밀님"),
            "K**님: Kimchi for K**, Ankim; 홍**님",
        )

    def test_a_name_that_is_a_word_of_html_leaves_the_html_alone(self):
        scrubber = Scrubber(names=["li", "strong", "홍비밀", '">'])
        html = (
            '<ul><li class="strong" title="홍비밀"><strong>li 홍비밀</strong></li></ul>'
        )
        self.assertEqual(
            scrubber.clean(html),
            '<ul><li class="strong" title="홍**"><strong>l** 홍**</strong></li></ul>',
        )
        mail = Scrubber(names=["Kim"], others=["kim@example.com"])
        self.assertEqual(mail.clean("Kim <kim@example.com>"), "K** <***>")
        link = '<a href="mailto:kim@example.com">Kim</a>'
        self.assertEqual(mail.clean(link), '<a href="mailto:***">K**</a>')

    def test_however_lines_and_signs_are_written(self):
        scrubber = Scrubber(
            names=["O'Nil & Sons"], others=["문 앞\n두고  가세요", "비밀로  7"]
        )
        for text in ("문 앞 두고 가세요", "문 앞<br/>두고  가세요", "비밀로\n7"):
            with self.subTest(text):
                self.assertEqual(scrubber.clean(text), "***")
        for text in ("O'Nil & Sons", "O'Nil &amp; Sons", "O&#x27;Nil &amp; Sons"):
            with self.subTest(text):
                self.assertEqual(scrubber.clean(text), "O**")

    def test_telephone_numbers_with_the_code_of_the_country(self):
        for known in ("010-0000-8888", "+82 10-0000-8888", "+82 010 0000 8888"):
            scrubber = Scrubber(phones=[known])
            for text in ("01000008888", "010.0000.8888", "+82 (0)10-0000-8888"):
                with self.subTest(known=known, text=text):
                    self.assertEqual(scrubber.clean(f"T {text}."), "T ***.")
            self.assertEqual(scrubber.clean("4501000008888"), "4501000008888")
