"""Jenkinsfiles, declarative and scripted: what is run is really run, and the rest is refused by name and line."""

import shutil

import pytest

from acrlab.pipelines.refusals import PipelineRefused
from tests.pipelines.conftest import Lab

pytestmark = pytest.mark.skipif(shutil.which("sh") is None, reason="the scripts of pipelines are sh's")

DECLARATIVE = """\
#!/usr/bin/env groovy
// what a team has
pipeline {
    agent any
    options { disableConcurrentBuilds() }
    parameters { string(name: 'WHO', defaultValue: 'world', description: 'whom to greet') }
    environment {
        GREETING = 'hello'
        LINE = "${GREETING} ${params.WHO}"
        ACR = credentials('contoso-connection')
    }
    stages {
        stage('Say') {
            environment { INNER = "in ${env.STAGE_NAME}" }
            steps {
                sh 'echo "$LINE $INNER build $BUILD_NUMBER"; cat src.txt'
                sh 'echo user $ACR_USR password $ACR_PSW both $ACR'
                script {
                    def name = sh(script: 'echo team/app', returnStdout: true).trim()
                    def code = sh script: 'exit 3', returnStatus: true
                    if (name == 'team/app' && code == 3) {
                        echo "name is ${name.toUpperCase()} and code ${code}"
                    } else {
                        error 'no'
                    }
                }
                dir('sub') { writeFile file: 'a.txt', text: 'written\\n' }
                echo readFile('sub/a.txt').trim()
            }
            post { success { echo 'stage fine' } }
        }
        stage('Main only') {
            when { branch 'main' }
            steps { echo "on ${BRANCH_NAME}" }
        }
        stage('Not here') {
            when { not { branch 'main' } }
            steps { echo 'elsewhere' }
        }
        stage('By expression') {
            when { allOf { expression { return_ == null || true }; environment name: 'GREETING', value: 'hello' } }
            steps { echo 'expressed' }
        }
    }
    post {
        always { echo "ended ${currentBuild.currentResult}" }
        failure { echo 'never' }
    }
}
"""


def test_a_declarative_pipeline_runs(lab: Lab) -> None:
    lab.folder.mkdir()
    (lab.folder / "src.txt").write_text("from the checkout\n")
    text = DECLARATIVE.replace("return_ == null || true", "params.WHO == 'world'")
    assert lab.run(text, "Jenkinsfile") == "SUCCESS", lab.log
    connection = lab.world.state.connections["contoso-connection"]
    assert "hello world in Say build 1" in lab.lines and "from the checkout" in lab.lines
    assert f"user {connection.app_id} password **** both {connection.app_id}:****" in lab.lines
    assert connection.secret not in lab.log
    for said in ("name is TEAM/APP and code 3", "written", "stage fine", "on main", "expressed", "ended SUCCESS"):
        assert said in lab.lines, (said, lab.log)
    assert "elsewhere" not in lab.lines and "never" not in lab.lines
    assert 'Stage "Not here" skipped due to when conditional' in lab.lines
    assert lab.lines[-1] == "Finished: SUCCESS" and "[Pipeline] { (Say)" in lab.lines
    assert (lab.world.state.pipelines[0].system, lab.world.state.pipelines[0].result) == ("jenkins", "SUCCESS")


def test_a_failure_ends_it_and_post_is_told(lab: Lab) -> None:
    text = """\
pipeline {
    agent any
    stages {
        stage('One') {
            steps { sh 'exit 7' }
            post { failure { echo 'one failed' } }
        }
        stage('Two') { steps { echo 'not reached' } }
    }
    post { failure { echo 'all failed' }; success { echo 'never' }; cleanup { echo 'swept' } }
}
"""
    assert lab.run(text, "Jenkinsfile") == "FAILURE"
    assert "ERROR: script returned exit code 7" in lab.lines
    assert 'Stage "Two" skipped due to earlier failure(s)' in lab.lines
    for said in ("one failed", "all failed", "swept", "Finished: FAILURE"):
        assert said in lab.lines
    assert "not reached" not in lab.lines and "never" not in lab.lines


def test_a_scripted_pipeline_runs(lab: Lab) -> None:
    text = """\
node {
    stage('Try') {
        try {
            retry(2) { sh 'test -f once || { touch once; exit 1; }' }
            withEnv(['A=b', "C=${env.BUILD_ID}"]) { sh 'echo "$A $C"' }
            catchError(buildResult: 'UNSTABLE') { error 'a little' }
            error("very wrong: ${'x' + 1}")
        } catch (Exception e) {
            echo "caught ${e.message}"
        } finally {
            echo 'finally'
        }
    }
    withCredentials([usernamePassword(credentialsId: 'contoso-connection', usernameVariable: 'U',
                                      passwordVariable: 'P'),
                     azureServicePrincipal('contoso-connection')]) {
        sh '''
            echo "$P of $U"
            echo "$AZURE_CLIENT_SECRET in $AZURE_TENANT_ID"
        '''
    }
    def map = [name: 'n', list: [1, 2]]
    echo "${map.name} ${map.list[1]} ${!fileExists('nothing')} $map.name"
}
"""
    assert lab.run(text, "Jenkinsfile") == "UNSTABLE", lab.log
    tenant, connection = lab.world.state.tenant, lab.world.state.connections["contoso-connection"]
    wanted = ("b 1", "Retrying", "caught very wrong: x1", "finally", "n 2 true n", f"**** of {connection.app_id}")
    for said in (*wanted, f"**** in {tenant}"):
        assert said in lab.lines, (said, lab.log)
    assert connection.secret not in lab.log


def test_credentials_that_are_not_there(lab: Lab) -> None:
    text = "node {\n  withCredentials([string(credentialsId: 'nowhere', variable: 'X')]) { sh 'true' }\n}\n"
    assert lab.run(text, "Jenkinsfile") == "FAILURE"
    assert "ERROR: Could not find credentials entry with ID 'nowhere'" in lab.lines


def inside(text: str) -> str:
    return f"pipeline {{\nagent any\nstages {{\nstage('A') {{ steps {{\n{text}\n}} }} }} }}\n"


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        (inside("junit '*.xml'"), "the step `junit`", 5),
        (inside("sh 'ls'\n\ninput 'ok?'"), "the step `input`", 7),
        (inside("sh script: 'ls', encoding: 'x'"), "the argument `encoding` of sh", 5),
        (inside("script { for (x in [1]) { echo x } }"), "`for`", 5),
        (inside("script { docker.image('x').inside { sh 'ls' } }"), "the method `inside`", 5),
        (inside("script { [1].each { echo it } }"), "the method `each`", 5),
        (inside("script { if (true) { sh('a') { } } }"), "sh takes no", 5),
        (inside("dir 'x'"), "dir needs", 5),
        (inside("checkout([$class: 'GitSCM'])"), "a checkout of anything but scm", 5),
        (inside("echo 'a"), "a text has no end", 5),
        ("\necho \"${unclosed", "${ has no end", 2),
        (inside("echo 'a' 'b'"), "unexpected token", 5),
        ("pipeline { agent { docker { image 'x' } }\nstages { } }", "`docker` in agent", 1),
        ("pipeline {\nagent any\ntriggers { cron('H * * * *') }\nstages { } }", "`triggers` of pipeline", 3),
        ("pipeline {\nagent any\nstages { stage('A') { matrix { } } } }", "`matrix` of stage", 3),
        ("pipeline {\nagent any\noptions { timestamps() }\nstages { } }", "`timestamps` in options", 3),
        ("pipeline {\nagent any\npost { changed { echo 'x' } }\nstages { } }", "`changed` in post", 3),
        ("pipeline { agent any }", "needs an agent and stages", 1),
        ("pipeline { agent any\nstages { stage('A') { steps { }; stages { } } } }", "either steps or stages", 2),
        ("pipeline { agent any\nstages { } }\nnode { }", "nothing follows", 3),
        ("import hudson.model.*\nnode { }", "`import`", 1),
        ("@Library('x') _\n", "`@`", 1),
        ("node {\n", "found the end of the file", 2),
        ("", "the file is empty", 1),
        ("x" + "(" * 3000, "too deep", 0),
        ("{" * 300, "too deep", 0),
    ],
)  # fmt: skip
def test_what_is_not_in_the_subset_is_refused(lab: Lab, text: str, what: str, line: int) -> None:
    with pytest.raises(PipelineRefused) as refused:
        lab.run(text, "Jenkinsfile")
    assert what in refused.value.what and (not line or refused.value.line == line), refused.value
    assert not lab.lines and not lab.world.state.pipelines, "nothing was run"


def test_what_only_running_shows(lab: Lab) -> None:
    assert lab.run("node { echo nothing_of_that_name }", "Jenkinsfile") == "FAILURE"
    assert any("No such property: nothing_of_that_name" in line for line in lab.lines)
    text = "def x = 'a'\nx = x + 'b'\nenv.Y = x\necho \"${x} ${env.Y} ${env.NONE}\"\n"
    assert lab.run(text, "Jenkinsfile") == "SUCCESS"
    assert "ab ab null" in lab.lines
