@echo off
rem Opens a made-up day to look around in. It has its own data, in wildcargo-sample in your profile.
setlocal
title wildcargo sample
set "WILDCARGO_DATA=%USERPROFILE%\wildcargo-sample"
if defined WILDCARGO_SAMPLE set "WILDCARGO_DATA=%WILDCARGO_SAMPLE%"
if exist "%WILDCARGO_DATA%\port.db" goto open
call "%~dp0wildcargo.cmd" sample "%~dp0samples\port_day.csv" --at 2025-01-06T04:00 --zone Asia/Hong_Kong --data "%WILDCARGO_DATA%"
if errorlevel 1 goto failed
:open
call "%~dp0wildcargo.cmd" app --open --port 8511 %*
if not errorlevel 1 goto end
:failed
pause
:end
