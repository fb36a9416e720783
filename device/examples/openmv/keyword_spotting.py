# Says which of ten words the microphone heard: down, go, left, no, off, on, right, stop, up, yes. For cameras with a microphone.
# First, on the PC: linnet deploy kws_ref_model.tflite --labels labels.txt

import audio
import time

import linnet
from linnet.postprocess import TopK
from linnet.speech import Mfcc

model = linnet.Model("kws_ref_model", postprocess=TopK(1))
print(model)
ears = Mfcc()
audio.init(channels=1, frequency=16000, gain_db=24)
audio.start_streaming(ears.feed)  # called with every piece of sound, while the loop below runs
clock = time.clock()
heard = 0
while True:
    clock.tick()
    if ears.heard < heard + 12:  # a look at the last second, four times a second
        continue
    heard = ears.heard
    label, score = model.predict([ears.features()])[0]
    print("%s %d %%  %.1f fps" % (label, 100 * score, clock.fps()))
