# What ml.Model takes: images without a byte of the heap, callables, post-processors; and where boxes lie in the frame.

import gc
from array import array

import linnet
import micropython
from linnet.images import GRAY, RGB565, Image, Motion, Normalization
from tiny import INT8, RESHAPE, blob, operator, plain, tensor

# (1, 4, 6, 3) int8 -> (1, 72): a copy.
tensors = [tensor(0, INT8, (1, 4, 6, 3), 1 / 64, 0), tensor(80, INT8, (1, 72), 1 / 64, 0)]
m = linnet.Model(blob(160, tensors, [0], [1], [operator(RESHAPE, 0, 1)]))

gray = Image(bytes(range(0, 240, 10)), 6, 4, GRAY)
print([int(v * 64) for v in plain(m.predict([gray])[0])][:12])
print(plain(m.predict([gray], real=False)[0])[-6:])
white = Image(b"\xff\xff" * 240, 12, 20, RGB565)
half = Normalization(scale=(-1.0, 1.0), mean=(0.0, 0.5, 0.0), stdev=(1.0, 1.0, 0.5))
print(plain(m.predict([half(white)], real=False)[0])[:6], "padding")
print(plain(m.predict([half(white)], real=False)[0])[6:9], half.roi, half.region.to)

other = linnet.Model(blob(160, [tensor(0, INT8, (1, 4, 6, 3), 1 / 32, 5), tensors[1]], [0], [1], [operator(RESHAPE, 0, 1)]))
print(plain(other.predict([half(white)], real=False)[0])[6:9], "in another model's steps")


def red(buffer, shape, dtype):
    for i in range(0, len(buffer), 3):
        buffer[i] = 64
    print(type(buffer), shape, chr(dtype))


print(plain(m.predict([red])[0])[:4])


def show(model, inputs, outputs):
    return model is m, inputs[0].roi, inputs[0].region.box(0.0, 0.0, 0.5, 1.0), outputs[0][0]


print(m.predict([gray], callback=show))
part = Normalization(roi=(1, 1, 4, 3), fit="stretch")
print(m.predict([part(gray)], callback=show))
crop = Normalization(fit="crop")
m.postprocess = show
print(m.predict([crop(white)]))
m.postprocess = None


def check(what, function):
    function()
    gc.collect()
    before = gc.mem_alloc()
    micropython.heap_lock()
    try:
        function()
        function()
    finally:
        micropython.heap_unlock()
    print(what, gc.mem_alloc() - before)


inputs = [gray]
normalized = [half(white)]
check("image", lambda: m.predict(inputs))
check("image, raw", lambda: m.predict(inputs, False))
check("normalized", lambda: m.predict(normalized))
check("bound each time", lambda: part(gray))
motion = Motion(3, 2)
check("motion", lambda: motion(gray))


def error(function):
    try:
        function()
    except ValueError as e:
        print("ValueError:", e)


print(motion(gray), motion(Image(bytes(24), 6, 4, GRAY)), motion.changed)
error(lambda: m.predict([Image(bytes(23), 6, 4, GRAY)]))
error(lambda: m.predict([gray, gray]))
error(lambda: m.predict([Normalization()]))
error(lambda: m.predict([Normalization(roi=(3, 0, 4, 4))(gray)]))
error(lambda: m.predict([Normalization(fit="round")(gray)]))
error(lambda: linnet.Model(blob(160, [tensor(0, INT8, (1, 72)), tensor(80, INT8, (1, 72))], [0], [1], [operator(RESHAPE, 0, 1)])).predict([gray]))
