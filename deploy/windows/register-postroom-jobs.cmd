@echo off
rem Made by `python manage.py render_schedules` from the list of jobs; do not edit.
rem Run as administrator, where PowerShell may not run scripts: register-postroom-jobs.cmd
rem The folder of the site is in the files in tasks\, see --windows-folder in docs\windows.md
for %%f in ("%~dp0tasks\*.xml") do (
    schtasks /Create /F /TN "\Postroom\%%~nf" /XML "%%f" /RU "NT AUTHORITY\LOCAL SERVICE"
    if errorlevel 1 exit /b 1
)
