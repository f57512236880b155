@echo off
rem Opens wildcargo in your browser. Close this window, or press Ctrl-C in it, to end it.
title wildcargo
call "%~dp0wildcargo.cmd" app --open %*
if errorlevel 1 pause
