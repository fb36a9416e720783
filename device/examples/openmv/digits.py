# Reads a digit, written thickly and dark on white paper that fills the view. First, on the PC: linnet deploy digits.linnet

import time

import linnet
from linnet.images import Normalization
from linnet.postprocess import TopK

try:
    import csi

    camera = csi.CSI()
    camera.reset()
    camera.pixformat(csi.GRAYSCALE)
    camera.framesize(csi.QQVGA)
    camera.window((120, 120))
    camera.snapshot(time=2000)  # until exposure and white balance have settled
    snapshot = camera.snapshot
except ImportError:  # older firmware
    import sensor

    sensor.reset()
    sensor.set_pixformat(sensor.GRAYSCALE)
    sensor.set_framesize(sensor.QQVGA)
    sensor.set_windowing((120, 120))
    sensor.skip_frames(time=2000)
    snapshot = sensor.snapshot

model = linnet.Model("digits", postprocess=TopK(1))
print(model)
ink = Normalization(scale=(1.0, 0.0))  # the network was trained on bright ink: black is 1.0, white 0.0
clock = time.clock()
while True:
    clock.tick()
    label, score = model.predict([ink(snapshot())])[0]
    print("%s %d %%  %.1f fps" % (label, 100 * score, clock.fps()))
