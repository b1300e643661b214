// Programs for the tests of trainers: small, and with everything that a trainer has to do with.
const image = "input image: [2, 6, 6]";

/** Convolutions, batch norm and a skip; ten classes. */
export function residual(train = "optimizer = sgd(lr = 0.05, momentum = 0.9, decay = 1e-3)"): string {
  return `/// A small residual network.
model tiny {
  ${image}
  conv1: conv(8, 3, bias = false) -> bn1: bn -> relu
  skip { conv2: conv(8, 3) -> bn -> relu -> conv(8, 3) -> bn }
  relu -> gap -> fc: dense(10)
  output logits: [10]
}
train tiny {
  loss = cross_entropy(logits)
  ${train}
  batch = 6
}
`;
}

/** No batch norm: any number of samples will do. */
export function plain(train = "optimizer = sgd(lr = 0.1)", body = "dense(8) -> relu"): string {
  return `model plain {
  input x: [5]
  ${body} -> dense(3)
  output y
}
train plain {
  loss = cross_entropy(y)
  ${train}
  batch = 4
}
`;
}

export const IMAGE = 72;
