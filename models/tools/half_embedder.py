#!/usr/bin/env python3
"""Makes embed/efficientnet_lite0.onnx: cuts the classifier off and keeps the weights as fp16.

The graph still computes in f32: a Cast follows each weight, and the runtime folds it when it loads the model. Use:
half_embedder.py EFFICIENTNET_LITE0_EMBED.onnx TARGET.onnx, in an environment with onnx 1.23.2 and numpy 2.4.6.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

source, target = sys.argv[1:3]
whole = onnx.load(source)
pooled = whole.graph.output[0].name
producers = {name: node for node in whole.graph.node for name in node.output}
needed, kept, queue = set(), [], [pooled]
while queue:
    name = queue.pop()
    node = producers.get(name)
    if node is None:
        needed.add(name)
    elif not any(node is other for other in kept):
        kept.append(node)
        queue.extend(node.input)
order = [node for node in whole.graph.node if any(node is other for other in kept)]
initializers, casts = [], []
for tensor in whole.graph.initializer:
    if tensor.name not in needed:
        continue
    values = numpy_helper.to_array(tensor)
    if values.dtype == np.float32 and values.size > 64:
        half = numpy_helper.from_array(values.astype(np.float16), tensor.name + "_fp16")
        initializers.append(half)
        casts.append(helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))
    else:
        initializers.append(tensor)
flatten = helper.make_node("Flatten", [pooled], ["embedding"], axis=1)
graph = helper.make_graph(casts + order + [flatten], "efficientnet_lite0_embed",
    [helper.make_tensor_value_info("images", TensorProto.UINT8, [1, 224, 224, 3])],
    [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, 1280])], initializers)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="muster")
model.ir_version = 7
onnx.checker.check_model(model)
onnx.save(model, target)
