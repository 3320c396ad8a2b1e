package trial

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"go.yaml.in/yaml/v3"
)

// manifest is what is shown of Kubernetes. What it may hold is in the types below:
// a key that is not, such as one that is misspelt, fails the test.
const manifest = "../../testdata/deploy/kubernetes.yaml"

type object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   metadata
	Spec       yaml.Node
}

type metadata struct {
	Name   string
	Labels map[string]string
}

type deployment struct {
	Replicas int
	Selector struct {
		MatchLabels map[string]string `yaml:"matchLabels"`
	}
	Strategy struct {
		RollingUpdate struct {
			MaxUnavailable int `yaml:"maxUnavailable"`
			MaxSurge       int `yaml:"maxSurge"`
		} `yaml:"rollingUpdate"`
	}
	Template struct {
		Metadata metadata
		Spec     pod
	}
}

type pod struct {
	Token           *bool     `yaml:"automountServiceAccountToken"`
	Links           *bool     `yaml:"enableServiceLinks"`
	Grace           int       `yaml:"terminationGracePeriodSeconds"`
	SecurityContext security  `yaml:"securityContext"`
	Spread          yaml.Node `yaml:"topologySpreadConstraints"`
	Containers      []container
	Volumes         []struct {
		Name  string
		Claim struct {
			Name     string `yaml:"claimName"`
			ReadOnly bool   `yaml:"readOnly"`
		} `yaml:"persistentVolumeClaim"`
	}
}

type security struct {
	RunAsNonRoot   bool `yaml:"runAsNonRoot"`
	RunAsUser      int  `yaml:"runAsUser"`
	RunAsGroup     int  `yaml:"runAsGroup"`
	SeccompProfile struct {
		Type string
	} `yaml:"seccompProfile"`
	Escalation     *bool `yaml:"allowPrivilegeEscalation"`
	ReadOnlyFolder bool  `yaml:"readOnlyRootFilesystem"`
	Capabilities   struct {
		Drop []string
	}
}

type container struct {
	Name, Image string
	Args        []string
	Env         []struct{ Name, Value string }
	Ports       []struct {
		Name string
		Port int `yaml:"containerPort"`
	}
	Ready     probe `yaml:"readinessProbe"`
	Alive     probe `yaml:"livenessProbe"`
	Lifecycle struct {
		PreStop struct {
			Sleep struct{ Seconds int }
		} `yaml:"preStop"`
	}
	Resources struct {
		Requests, Limits map[string]string
	}
	SecurityContext security `yaml:"securityContext"`
	Mounts          []struct {
		Name     string
		Path     string `yaml:"mountPath"`
		ReadOnly bool   `yaml:"readOnly"`
	} `yaml:"volumeMounts"`
}

type probe struct {
	Get struct{ Path, Port string } `yaml:"httpGet"`

	Period    int `yaml:"periodSeconds"`
	Timeout   int `yaml:"timeoutSeconds"`
	Threshold int `yaml:"failureThreshold"`
}

type service struct {
	Selector map[string]string
	Ports    []struct {
		Name   string
		Port   int
		Target string `yaml:"targetPort"`
	}
}

// readManifest returns the deployment and the service that are shown.
func readManifest(t *testing.T) (d deployment, s service) {
	t.Helper()
	file, err := os.Open(manifest)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	var kinds []string
	for {
		var o object
		err := decoder.Decode(&o)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, o.APIVersion+" "+o.Kind)
		switch o.Kind {
		case "Deployment":
			decode(t, o.Spec, &d)
		case "Service":
			decode(t, o.Spec, &s)
		}
	}
	if !slices.Equal(kinds, []string{"apps/v1 Deployment", "v1 Service"}) {
		t.Fatalf("the manifest has %q", kinds)
	}
	return d, s
}

// decode is Node.Decode, which would take unknown keys.
func decode(t *testing.T, n yaml.Node, into any) {
	t.Helper()
	text, err := yaml.Marshal(&n)
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// drain is how long gserve goes on with what is being sent, in seconds.
const drain = 15

// TestManifest holds that the parts of the manifest fit together, and that its
// container may do nothing but read.
func TestManifest(t *testing.T) {
	t.Parallel()
	d, s := readManifest(t)
	p := d.Template.Spec
	if len(p.Containers) != 1 || len(p.Volumes) != 1 || len(s.Ports) != 1 {
		t.Fatalf("%d containers, %d volumes, %d ports of the service", len(p.Containers), len(p.Volumes), len(s.Ports))
	}
	c := p.Containers[0]
	for what, holds := range map[string]bool{
		"replicas":           d.Replicas == 3 && d.Strategy.RollingUpdate.MaxUnavailable < d.Replicas,
		"labels":             includes(d.Template.Metadata.Labels, d.Selector.MatchLabels) && includes(d.Template.Metadata.Labels, s.Selector),
		"port":               len(c.Ports) == 1 && slices.Contains(c.Args, "--port="+strconv.Itoa(c.Ports[0].Port)) && s.Ports[0].Target == c.Ports[0].Name,
		"probes":             c.Ready.Get.Port == c.Ports[0].Name && c.Alive.Get.Port == c.Ports[0].Name,
		"time for an answer": c.Ready.Timeout > 2 && c.Alive.Timeout > 2, // the probes wait for a disk for 2 s
		"time to end":        p.Grace >= c.Lifecycle.PreStop.Sleep.Seconds+drain,
		"volume":             len(c.Mounts) == 1 && c.Mounts[0].Path == c.Args[0] && c.Mounts[0].ReadOnly && c.Mounts[0].Name == p.Volumes[0].Name && p.Volumes[0].Claim.ReadOnly,
		"nobody":             p.SecurityContext.RunAsNonRoot && p.SecurityContext.RunAsUser != 0 && p.SecurityContext.RunAsGroup != 0,
		"system calls":       p.SecurityContext.SeccompProfile.Type == "RuntimeDefault",
		"capabilities":       slices.Equal(c.SecurityContext.Capabilities.Drop, []string{"ALL"}) && c.SecurityContext.Escalation != nil && !*c.SecurityContext.Escalation,
		"read-only":          c.SecurityContext.ReadOnlyFolder,
		"no token, no links": p.Token != nil && !*p.Token && p.Links != nil && !*p.Links,
		"resources":          c.Resources.Requests["memory"] != "" && c.Resources.Requests["cpu"] != "" && c.Resources.Limits["memory"] != "",
	} {
		if !holds {
			t.Errorf("%s: does not hold", what)
		}
	}
}

// includes reports whether labels have all of others, of which there are some.
func includes(labels, others map[string]string) bool {
	for name, value := range others {
		if labels[name] != value {
			return false
		}
	}
	return len(others) > 0
}

// TestManifestRuns starts what the manifest starts: by its user, with its
// arguments and variables and no others, on a folder that is laid out as the
// volumes of Kubernetes are.
func TestManifestRuns(t *testing.T) {
	t.Parallel()
	d, _ := readManifest(t)
	c := d.Template.Spec.Containers[0]
	dir, err := os.MkdirTemp("", "pod")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // for its user
		t.Fatal(err)
	}
	site, program := filepath.Join(dir, "srv"), filepath.Join(dir, "gserve")
	project(t, site, "one", "<title>one</title>")
	run(t, "cp", binary, program)

	cmd := exec.Command(program, "-b", "127.0.0.1")
	for _, arg := range c.Args {
		switch {
		case arg == c.Mounts[0].Path:
			arg = site
		case strings.HasPrefix(arg, "--port="):
			arg = "--port=0"
		}
		cmd.Args = append(cmd.Args, arg)
	}
	cmd.Env = []string{}
	for _, variable := range c.Env {
		cmd.Env = append(cmd.Env, variable.Name+"="+variable.Value)
	}
	if os.Geteuid() == 0 {
		user := d.Template.Spec.SecurityContext
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user.RunAsUser), Gid: uint32(user.RunAsGroup)}}
	}
	p := launch(t, cmd)
	for _, probe := range []probe{c.Ready, c.Alive} {
		if got := p.request(t, "GET", probe.Get.Path); got.status != http.StatusOK {
			t.Errorf("%s: %d", probe.Get.Path, got.status)
		}
	}
	page := p.request(t, "GET", "/")
	want := "max-age=60, stale-while-revalidate=600, stale-if-error=86400"
	if page.status != http.StatusOK || string(page.content) != "<title>one</title>" || page.header.Get("Cache-Control") != want {
		t.Errorf("%d %q, %v", page.status, page.content, page.header)
	}
	project(t, site, "two", "<title>two</title>")
	if page := p.request(t, "GET", "/"); string(page.content) != "<title>two</title>" {
		t.Errorf("after a change: %d %q", page.status, page.content)
	}
	if got := p.request(t, "GET", "/..data/index.html"); got.status != http.StatusNotFound {
		t.Errorf("the hidden folder: %d", got.status)
	}
	if code := p.stop(t); code != 0 {
		t.Errorf("it ends with %d", code)
	}
}

// project writes a page as Kubernetes does it for a ConfigMap: behind a link to a
// link, of which the second is replaced at one go.
func project(t *testing.T, dir, version, page string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, ".."+version), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".."+version, "index.html"), []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(".."+version, filepath.Join(dir, "..tmp")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..data/index.html", filepath.Join(dir, "index.html")); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
}
