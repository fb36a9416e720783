# Says what the camera sees: the three most likely classes. First, on the PC: linnet deploy cifar10.tflite --labels labels.txt

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

model = linnet.Model("cifar10", postprocess=TopK(3))
print(model)
clock = time.clock()
while True:
    clock.tick()
    img = snapshot()
    for label, score in model.predict([img]):
        print("%s %d %%" % (label, 100 * score), end="  ")
    print("%.1f fps" % clock.fps())
