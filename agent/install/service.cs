using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.ServiceProcess;
using System.Text;

// The agent as a Windows service: Node cannot speak to the service manager itself. Compiled at install time by the
// compiler of the .NET Framework that is part of Windows, so this is C# 5.
//
// Beside the program lies service.txt: the path of Node, of the agent, of its settings and of its log, a line each.
public sealed class AgentService : ServiceBase
{
    private const long LongestLog = 10 * 1024 * 1024;
    private const int StopMilliseconds = 5000;

    private readonly object gate = new object();
    private Process agent;
    private IntPtr job;
    private bool isStopping;
    private string logFile;

    public static void Main()
    {
        Run(new AgentService());
    }

    public AgentService()
    {
        ServiceName = "AdminCenterAgent";
        CanStop = true;
        CanShutdown = true;
        AutoLog = true;
    }

    protected override void OnStart(string[] args)
    {
        string folder = AppDomain.CurrentDomain.BaseDirectory;
        string[] lines = File.ReadAllLines(Path.Combine(folder, "service.txt"), Encoding.UTF8);
        if (lines.Length < 4)
        {
            throw new InvalidDataException("service.txt needs four lines");
        }
        logFile = lines[3];
        ProcessStartInfo start = new ProcessStartInfo();
        start.FileName = lines[0];
        start.Arguments = Quote(lines[1]) + " run --config " + Quote(lines[2]);
        start.WorkingDirectory = folder;
        start.UseShellExecute = false;
        start.CreateNoWindow = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.StandardOutputEncoding = Encoding.UTF8;
        start.StandardErrorEncoding = Encoding.UTF8;
        agent = new Process();
        agent.StartInfo = start;
        agent.EnableRaisingEvents = true;
        agent.OutputDataReceived += Log;
        agent.ErrorDataReceived += Log;
        agent.Exited += OnExited;
        agent.Start();
        // The agent never outlives this process, however that ends: two agents on one folder would fight.
        job = Native.KillWithUs();
        if (!Native.AssignProcessToJobObject(job, agent.Handle))
        {
            agent.Kill();
            throw new InvalidOperationException("the agent cannot be bound to its service");
        }
        agent.BeginOutputReadLine();
        agent.BeginErrorReadLine();
    }

    protected override void OnStop()
    {
        isStopping = true;
        // Its files are replaced as a whole, so that it may be ended at any time.
        if (agent != null && !agent.HasExited)
        {
            agent.Kill();
            agent.WaitForExit(StopMilliseconds);
        }
    }

    protected override void OnShutdown()
    {
        OnStop();
    }

    // An end that nobody asked for is a failure of the service: its recovery actions start it again.
    private void OnExited(object sender, EventArgs e)
    {
        if (!isStopping)
        {
            Environment.Exit(1);
        }
    }

    private void Log(object sender, DataReceivedEventArgs e)
    {
        if (e.Data == null)
        {
            return;
        }
        try
        {
            lock (gate)
            {
                FileInfo file = new FileInfo(logFile);
                if (file.Exists && file.Length > LongestLog)
                {
                    File.Delete(logFile + ".1");
                    File.Move(logFile, logFile + ".1");
                }
                File.AppendAllText(logFile, e.Data + "\n", new UTF8Encoding(false));
            }
        }
        catch (IOException)
        {
            // A full disk must not end the agent.
        }
        catch (UnauthorizedAccessException)
        {
        }
    }

    // The paths are ours and hold no quote; one at the end of a backslash would be escaped by it.
    private static string Quote(string path)
    {
        return "\"" + path.TrimEnd('\\') + "\"";
    }
}

internal static class Native
{
    private const uint KillOnJobClose = 0x2000;
    private const int ExtendedLimitInformation = 9;

    [StructLayout(LayoutKind.Sequential)]
    private struct BasicLimits
    {
        public long PerProcessUserTimeLimit;
        public long PerJobUserTimeLimit;
        public uint LimitFlags;
        public UIntPtr MinimumWorkingSetSize;
        public UIntPtr MaximumWorkingSetSize;
        public uint ActiveProcessLimit;
        public UIntPtr Affinity;
        public uint PriorityClass;
        public uint SchedulingClass;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoCounters
    {
        public ulong ReadOperations;
        public ulong WriteOperations;
        public ulong OtherOperations;
        public ulong ReadBytes;
        public ulong WriteBytes;
        public ulong OtherBytes;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ExtendedLimits
    {
        public BasicLimits Basic;
        public IoCounters Io;
        public UIntPtr ProcessMemoryLimit;
        public UIntPtr JobMemoryLimit;
        public UIntPtr PeakProcessMemoryUsed;
        public UIntPtr PeakJobMemoryUsed;
    }

    [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
    private static extern IntPtr CreateJobObject(IntPtr attributes, string name);

    [DllImport("kernel32.dll", SetLastError = true)]
    private static extern bool SetInformationJobObject(IntPtr job, int type, ref ExtendedLimits limits, uint length);

    [DllImport("kernel32.dll", SetLastError = true)]
    internal static extern bool AssignProcessToJobObject(IntPtr job, IntPtr process);

    // A job whose processes end when the last handle to it closes: with this process.
    internal static IntPtr KillWithUs()
    {
        IntPtr job = CreateJobObject(IntPtr.Zero, null);
        ExtendedLimits limits = new ExtendedLimits();
        limits.Basic.LimitFlags = KillOnJobClose;
        uint length = (uint)Marshal.SizeOf(typeof(ExtendedLimits));
        if (job == IntPtr.Zero || !SetInformationJobObject(job, ExtendedLimitInformation, ref limits, length))
        {
            throw new InvalidOperationException("no job object can be made");
        }
        return job;
    }
}
