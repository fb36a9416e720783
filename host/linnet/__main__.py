"""python -m linnet"""

from .cli import main

main()
