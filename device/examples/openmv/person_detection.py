# Says whether somebody is there. First, on the PC: linnet deploy person.tflite --labels labels.txt

import time

import linnet
from linnet.postprocess import TopK

try:
    import csi

    camera = csi.CSI()
    camera.reset()
    camera.pixformat(csi.RGB565)
    camera.framesize(csi.QVGA)
    camera.window((240, 240))
    camera.snapshot(time=2000)  # until exposure and white balance have settled
    snapshot = camera.snapshot
except ImportError:  # older firmware
    import sensor

    sensor.reset()
    sensor.set_pixformat(sensor.RGB565)
    sensor.set_framesize(sensor.QVGA)
    sensor.set_windowing((240, 240))
    sensor.skip_frames(time=2000)
    snapshot = sensor.snapshot

model = linnet.Model("person", postprocess=TopK(1))
print(model)
clock = time.clock()
while True:
    clock.tick()
    img = snapshot()
    label, score = model.predict([img])[0]
    img.draw_string(4, 4, "%s %d %%" % (label, 100 * score))
    print("%s %d %%  %.1f fps" % (label, 100 * score, clock.fps()))
