"""`python -m service` is `veille`."""

from service.cli import main

main()
