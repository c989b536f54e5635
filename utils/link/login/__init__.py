"""How a device lets us in.

login.py        what is offered, in which order; userauth.py the protocol of it
credentials.py  what there is to offer; key_file.py and sealed_key.py the key file, agent_keys.py the agent's
prompts.py      what a prompt is for; question.py what a person is asked
words.py        what a refusal says; refusals.py refused logins rest
"""
