@"%~dp0.venv\Scripts\python" "%~dp0utils\cli\__main__.py" %*
