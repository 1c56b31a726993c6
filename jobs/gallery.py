#!/usr/bin/env python3
"""Small pictures for inputs/README.md: gallery.py OUTPUT_DIR PICTURE TARGET.png

Takes a picture that plot.py has drawn in a run's folder (divergences.png, fields_16.png …), makes it 640 points wide (a
flat one 1000) with 256 colours, fewer where it takes more than 60 kB, and writes it to TARGET. Needs Pillow, which
matplotlib brings."""

import os
import sys

WIDTH, FLAT, COLOURS, MOST = 640, 1000, 256, 60_000


def main(arguments):
    if len(arguments) != 4:
        print(__doc__)
        return 2
    try:
        from PIL import Image
    except ImportError as error:
        print(f"gallery.py: {error}", file=sys.stderr)
        return 77
    picture = Image.open(os.path.join(arguments[1], arguments[2])).convert("RGB")
    width, colours = min(FLAT if 2 * picture.height < picture.width else WIDTH, picture.width), COLOURS
    while True:
        small = picture.resize((width, round(picture.height * width / picture.width)), Image.LANCZOS)
        # by an octree: the thin line of a curve keeps its colour beside all the white
        small = small.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        small.save(arguments[3], optimize=True)
        if os.path.getsize(arguments[3]) <= MOST:
            size = os.path.getsize(arguments[3])
            print(f"{arguments[3]}: {small.width} x {small.height}, {colours} colours, {size} bytes")
            return 0
        width, colours = (width, colours // 2) if colours > 64 else (width - 40, COLOURS)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
