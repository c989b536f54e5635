@echo off
rem V3 Diagnostics on a computer without the internet: sets up .venv from the wheels beside this file, once,
rem and opens the page. What follows goes to the program: start.cmd --demo
setlocal
cd /d "%~dp0"
if exist .venv\ready goto run
for %%v in (3.14 3.13 3.12 3.11) do (
    py -%%v -c "import venv" >nul 2>nul && set "PYTHON=py -%%v" && goto setup
)
python -c "import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))" >nul 2>nul && set "PYTHON=python" && goto setup
echo Python 3.11 to 3.14 is needed.
pause
exit /b 3
:setup
echo Setting up with %PYTHON% ...
%PYTHON% -m venv --clear --without-pip .venv || goto failed
for %%w in (wheels\pip-*.whl) do set "PYTHONPATH=%%w"
.venv\Scripts\python -m pip install -q --isolated --disable-pip-version-check --no-index --find-links wheels --only-binary :all: --require-hashes -r requirements.txt || goto failed
set "PYTHONPATH="
type nul > .venv\ready
:run
.venv\Scripts\python app.py %*
exit /b %ERRORLEVEL%
:failed
echo The set-up failed; the lines above say why.
pause
exit /b 3
