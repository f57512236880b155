@echo off
rem Says whether every file of this folder is as it was made.
"%~dp0python\python.exe" -B -X utf8 -m app.distribution.checksums "%~dp0."
pause
