# Asks the network only when something has moved: still frames cost next to nothing. First, on the PC:
# linnet deploy person.tflite --labels labels.txt

import time

import linnet
from linnet.images import Motion
from linnet.postprocess import TopK

try:
    import csi

    camera = csi.CSI()
    camera.reset()
    camera.pixformat(csi.GRAYSCALE)
    camera.framesize(csi.QVGA)
    camera.window((240, 240))
    camera.snapshot(time=2000)  # until exposure and white balance have settled
    snapshot = camera.snapshot
except ImportError:  # older firmware
    import sensor

    sensor.reset()
    sensor.set_pixformat(sensor.GRAYSCALE)
    sensor.set_framesize(sensor.QVGA)
    sensor.set_windowing((240, 240))
    sensor.skip_frames(time=2000)
    snapshot = sensor.snapshot

model = linnet.Model("person", postprocess=TopK(1))
print(model)
moved = Motion(threshold=16, part=0.02)  # 2 % of the view must differ by more than 16 of 255
clock = time.clock()
while True:
    clock.tick()
    img = snapshot()
    if moved(img):
        label, score = model.predict([img])[0]
        print("%s %d %%" % (label, 100 * score), end="  ")
    else:
        print("still", end="  ")
    print("%.1f fps" % clock.fps())
