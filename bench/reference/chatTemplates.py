# What transformers prints for the chat templates of the tests: python chatTemplates.py FOLDER fills `rendered` of its cases.json.
# The clock stands at 09:05:07 on 3 February 2025.

import datetime
import json
import pathlib
import sys

from transformers.utils import chat_template_utils


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2025, 2, 3, 9, 5, 7)


chat_template_utils.datetime = Clock
folder = pathlib.Path(sys.argv[1])
file = folder / "cases.json"
cases = json.loads(file.read_text())
names = {"toolCalls": "tool_calls", "reasoning": "reasoning_content"}
for case in cases:
    options = case["options"]
    compiled = chat_template_utils._compile_jinja_template((folder / f"{case['template']}.jinja").read_text())
    case["rendered"] = compiled.render(
        messages=[{names.get(key, key): value for key, value in message.items()} for message in case["messages"]],
        tools=options.get("tools"),
        documents=None,
        add_generation_prompt=options.get("addGenerationPrompt", True),
        bos_token="<bos>",
        eos_token="<eos>",
        **options.get("variables", {}),
    )
file.write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n")
