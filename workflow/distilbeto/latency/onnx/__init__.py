"""Models as ONNX, in full precision and as int8: exported, timed and scored on onnxruntime."""
