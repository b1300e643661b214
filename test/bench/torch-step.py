# A training step of the CIFAR ResNet-20 in PyTorch, for the bench: reads weights and a batch that the bench wrote, then waits for lines on
# stdin, each a count of steps, and answers with a line of JSON: their losses, milliseconds, and the most memory held.
import json
import resource
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

folder, threads, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.more = stride, (outputs - inputs) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride > 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more, self.more))
        return F.relu(y + x)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        stage = lambda inputs, outputs, stride: nn.Sequential(*[Block(inputs if k == 0 else outputs, outputs, stride if k == 0 else 1) for k in range(3)])
        self.layer1, self.layer2, self.layer3 = stage(16, 16, 1), stage(16, 32, 2), stage(32, 64, 2)
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


def numbers(name, kind):
    return np.fromfile(f"{folder}/{name}", dtype=kind)


model = ResNet()
given = json.load(open(f"{folder}/parameters.json"))
flat = numbers("parameters.bin", np.float32)
state = {p["name"]: torch.from_numpy(flat[p["offset"] : p["offset"] + p["size"]].copy()).reshape(p["shape"]) for p in given}
model.load_state_dict(state, strict=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)
images = torch.from_numpy(numbers("images.bin", np.float32)).reshape(count, 3, 32, 32)
labels = torch.from_numpy(numbers("labels.bin", np.int32)).long()

for line in sys.stdin:
    losses, times = [], []
    for _ in range(int(line)):
        start = time.perf_counter()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        times.append((time.perf_counter() - start) * 1000)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"losses": losses, "times": times, "megabytes": memory, "version": torch.__version__}), flush=True)
