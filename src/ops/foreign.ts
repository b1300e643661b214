// What layers are called in PyTorch, as a module or as a function: for whoever writes that here.

/** In small letters without `_`: `batchnorm2d` for BatchNorm2d and batch_norm2d. Those that differ from rnc's name in case alone need no row. */
export const foreignNames: ReadonlyMap<string, string> = new Map([
  ["conv2d", "conv"], ["convtranspose2d", "upconv"], ["linear", "dense"],
  ["batchnorm", "bn"], ["batchnorm1d", "bn"], ["batchnorm2d", "bn"], ["layernorm", "ln"],
  ["leakyrelu", "leaky"],
  ["maxpool2d", "maxpool"], ["avgpool2d", "avgpool"], ["adaptiveavgpool2d", "gap"], ["globalaveragepool", "gap"],
  ["zeropad2d", "pad2d"], ["identity", "id"],
]);
