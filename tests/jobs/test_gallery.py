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
done = subprocess.run([sys.executable, os.path.join(SOURCE, "jobs", "gallery.py")], capture_output=True, text=True)
expect(done.returncode == 2 and "gallery.py OUTPUT_DIR" in done.stdout, f"without arguments: {done.returncode}")
finish()
