# Draws a box around every face, and points where eyes, nose, mouth and ears are. First, on the PC:
# linnet deploy blazeface_front_128.tflite

import time

import linnet
from linnet.blaze import BlazeFace

try:
    import csi

    camera = csi.CSI()
    camera.reset()
    camera.pixformat(csi.RGB565)
    camera.framesize(csi.QQVGA)
    camera.snapshot(time=2000)  # until exposure and white balance have settled
    snapshot = camera.snapshot
except ImportError:  # older firmware
    import sensor

    sensor.reset()
    sensor.set_pixformat(sensor.RGB565)
    sensor.set_framesize(sensor.QQVGA)
    sensor.skip_frames(time=2000)
    snapshot = sensor.snapshot

# Its weights stay in the file, and are read as they are wanted, unless they lie in ROMFS.
model = linnet.Model("blazeface_front_128", window=16384, postprocess=BlazeFace(threshold=0.6))
print(model)
clock = time.clock()
while True:
    clock.tick()
    img = snapshot()
    faces = model.predict([img])
    for box, score, points in faces:
        img.draw_rectangle(box, color=(0, 255, 0))
        for x, y in points:
            img.draw_circle((x, y, 3), color=(255, 0, 0))
        print("face at %s, %d %%" % (box, 100 * score))
    print("%d faces  %.1f fps" % (len(faces), clock.fps()))
