from typing import Any

from django.core.management.base import BaseCommand

from knowledge.actions.indexing import compute_missing_vectors, index_words_again


class Command(BaseCommand):
    help = "Index published articles anew where that was done in an older way: words, then vectors."

    def handle(self, *args: Any, **options: Any) -> None:
        versions = passages = 0
        while done := index_words_again():
            versions += done
        while done := compute_missing_vectors():
            passages += done
        self.stdout.write(f"{versions} versions by words, {passages} passages by meaning.")
