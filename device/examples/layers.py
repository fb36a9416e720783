# Where the time of an inference goes, and what each operator gives. First, on the PC: linnet deploy digits.linnet

import linnet

model = linnet.load("digits")
times = model.profile()
total = sum(us for _, us in times)

print(" #  operator                  us     %   elements   min   max")
for i, (name, us) in enumerate(times):
    y = model.peek(i)
    print("%2d  %-20s %7d %5.1f %10d %5d %5d" % (i, name, us, 100 * us / total, len(y), min(y), max(y)))
print("    %-20s %7d" % ("total", total))
