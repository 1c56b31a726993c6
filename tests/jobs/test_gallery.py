"""jobs/gallery.py: pictures of inputs/README.md are small whatever they show, keep their shape, and are whole PNGs."""

import os
import subprocess

from common import *
from PIL import Image

for name, height, width in (("tall", 1500, 900), ("flat", 500, 1600), ("tiny", 90, 120)):
    noise = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    noise[: height // 2] = 255
    Image.fromarray(noise).save(os.path.join(SCRATCH, name + ".png"))
    small = os.path.join(SCRATCH, f"small_{name}.png")
    command = [sys.executable, os.path.join(SOURCE, "jobs", "gallery.py"), SCRATCH, name + ".png", small]
    done = subprocess.run(command, capture_output=True, text=True)
    expect(done.returncode == 0 and os.path.exists(small), f"{name}: {done.returncode} {done.stdout}{done.stderr}")
    image = Image.open(small)
    image.load()
    expect(os.path.getsize(small) <= 60_000, f"{name}: {os.path.getsize(small)} bytes")
    expect(image.width <= (1000 if name == "flat" else 640) and image.width <= width, f"{name}: {image.width} points wide")
    expect(abs(image.height - image.width * height / width) < 1, f"{name}: {image.width} x {image.height}")
# a few curves on white among much grey text keep their colours
page = np.full((1400, 800, 3), 255, np.uint8)
page[::7] = np.random.default_rng(3).integers(0, 256, (200, 800, 1), dtype=np.uint8)
curves = {100: (213, 94, 0), 400: (0, 158, 115), 900: (0, 114, 178)}
for row, colour in curves.items():
    page[row - 2 : row + 3, :, :] = colour
Image.fromarray(page).save(os.path.join(SCRATCH, "curves.png"))
small = os.path.join(SCRATCH, "small_curves.png")
subprocess.run([sys.executable, os.path.join(SOURCE, "jobs", "gallery.py"), SCRATCH, "curves.png", small], check=True)
image = np.asarray(Image.open(small).convert("RGB")).astype(int)
for row, colour in curves.items():
    off = np.abs(image[round(row * image.shape[0] / 1400)] - colour).max(axis=1).min()
    expect(off < 30, f"the curve of {colour} keeps its colour, to {off}")
done = subprocess.run([sys.executable, os.path.join(SOURCE, "jobs", "gallery.py")], capture_output=True, text=True)
expect(done.returncode == 2 and "gallery.py OUTPUT_DIR" in done.stdout, f"without arguments: {done.returncode}")
finish()
