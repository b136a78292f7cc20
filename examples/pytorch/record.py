"""Records what every module of a Hugging Face decoder computes: record.py MODEL OUT 'some text' ['more text' ...]

Instead of texts: token numbers such as 15496,995, as many in each argument.

OUT ends with .safetensors (every dtype as it is) or .npz (bfloat16 as float32, declared in the metadata).
Names: MODULE for a result, MODULE.0, MODULE.1 ... for a tuple's, MODULE:in for what went in.
"""
import json
import sys

import numpy
import torch
import transformers

path, out, *texts = sys.argv[1:]
model = transformers.AutoModelForCausalLM.from_pretrained(path, torch_dtype="auto", attn_implementation="eager").eval()
if all(text.replace(",", "").isdigit() for text in texts):
    ids = torch.tensor([[int(token) for token in text.split(",")] for text in texts])
    taps = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
else:
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    inputs = tokenizer(texts, return_tensors="pt", padding=len(texts) > 1)
    taps = {name: inputs[name] for name in ("input_ids", "attention_mask")}
inputs = dict(taps)


def keep(name, value):
    for key, tensor in enumerate(value) if isinstance(value, (tuple, list)) else [(None, value)]:
        if torch.is_tensor(tensor) and tensor.is_floating_point():
            taps.setdefault(name if key is None else f"{name}.{key}", tensor.detach().clone().contiguous())


def hook(name):
    return lambda module, args, result: (keep(f"{name}:in", args[0] if args else None), keep(name, result)) and None


for name, module in model.named_modules():
    module.register_forward_hook(hook(name or "model_output"))
with torch.no_grad():
    model(**inputs, use_cache=False, output_attentions=True)

config = model.config
about = {"producer": f"PyTorch {torch.__version__}", "heads": str(config.num_attention_heads)}
about["kvHeads"] = str(getattr(config, "num_key_value_heads", None) or config.num_attention_heads)
if out.endswith(".npz"):
    about["formats"] = json.dumps({k: "bf16" for k, v in taps.items() if v.dtype == torch.bfloat16})
    arrays = {k: (v.float() if v.dtype == torch.bfloat16 else v).numpy() for k, v in taps.items()}
    numpy.savez(out, __metadata__=numpy.frombuffer(json.dumps(about).encode(), numpy.uint8), **arrays)
else:
    from safetensors.torch import save_file
    save_file(taps, out, about)
