@echo off
rem wildcargo with the Python of this folder. Data lie in WILDCARGO_DATA, else in wildcargo-data in your profile.
setlocal
if not defined WILDCARGO_DATA set "WILDCARGO_DATA=%USERPROFILE%\wildcargo-data"
if not defined NUMBA_CACHE_DIR set "NUMBA_CACHE_DIR=%WILDCARGO_DATA%\cache"
"%~dp0python\python.exe" -B -X utf8 -m risk.commands %*
exit /b %ERRORLEVEL%
