"""The demo's campaigns. Places are real, bills and people are invented."""

from dataclasses import dataclass

from app.campaigns.models import Bill, Campaign


@dataclass(frozen=True, kw_only=True)
class DemoBill:
    jurisdiction: str
    number: str
    session: str
    title: str
    status: str

    @property
    def level(self) -> str:
        federal = self.jurisdiction == Bill.FEDERAL_JURISDICTION
        return Bill.Level.FEDERAL if federal else Bill.Level.STATE


@dataclass(frozen=True, kw_only=True)
class DemoCampaign:
    """A campaign and who endorses it.

    Attributes:
        home_states: FIPS codes of the states where most of its endorsers are; empty: the whole country.
        opened_days_ago, closed_days_ago: when it takes endorsements, before today; None: still open.
    """

    slug: str
    title: str
    summary: str
    description: str
    endorsement_statement: str
    bills: tuple[DemoBill, ...]
    statements: tuple[str, ...]
    endorsements: int
    opened_days_ago: int
    closed_days_ago: int | None = None
    home_states: frozenset[str] = frozenset()

    @property
    def status(self) -> str:
        return Campaign.Status.ACTIVE if self.closed_days_ago is None else Campaign.Status.CLOSED


# Delaware, the District, Maryland, New York, Pennsylvania, Virginia, West Virginia.
CHESAPEAKE = frozenset({"10", "11", "24", "36", "42", "51", "54"})

CAMPAIGNS = (
    DemoCampaign(
        slug="clean-streams",
        title="Clean streams for the Chesapeake",
        summary="Help farms and towns keep soil and nutrients on the land, and the Bay's six states and the District"
        " get rivers one can swim in.",
        description="Every stream between Cooperstown and Norfolk ends in the Chesapeake Bay, and with it whatever the"
        " rain washes off fields, roofs and roads.\n\n"
        "Planting trees along a stream is the cheapest filter there is. It needs money in the years before the trees"
        " are tall, and somebody in every county who helps with the paperwork. The bills below pay for both.\n\n"
        "We ask legislators of all parties to pass them, and we show them who in their district agrees.",
        endorsement_statement="I support planting and keeping forest along the streams of the Chesapeake watershed, and"
        " public money for the landowners who do it.",
        bills=(
            DemoBill(
                jurisdiction="US",
                number="H.R. 9901",
                session="119th Congress",
                title="Streamside Forests Act (illustrative)",
                status=Bill.Status.IN_COMMITTEE,
            ),
            DemoBill(
                jurisdiction="MD",
                number="SB 9027",
                session="2026 Regular Session",
                title="Riparian Buffer Assistance Program (illustrative)",
                status=Bill.Status.PASSED_CHAMBER,
            ),
            DemoBill(
                jurisdiction="PA",
                number="HB 9112",
                session="2025-2026 Regular Session",
                title="County Conservation Technicians (illustrative)",
                status=Bill.Status.INTRODUCED,
            ),
        ),
        statements=(
            "My grandchildren fish where I fished. I would like them to eat what they catch.",
            "We planted six acres of buffer in 2019. The bank has not moved since.",
            "As a waterman I see every spring what comes down the river.",
            "Cheaper than any treatment plant our town could build.",
            "The creek behind the school is our best classroom, on the days it does not smell.",
        ),
        endorsements=1500,
        opened_days_ago=120,
        home_states=CHESAPEAKE,
    ),
    DemoCampaign(
        slug="rural-broadband",
        title="Broadband to the last mile",
        summary="A farm, a clinic and a school at the end of the road need the same connection as downtown.",
        description="Half the cost of a rural line is the trench. Where a road is opened anyway, a conduit costs little"
        " and lasts for decades.\n\n"
        "The bills ask for conduit in every road project that gets public money, and for honest maps: a county is"
        " served when people can order the service, not when a single address can.",
        endorsement_statement="I support laying conduit whenever a public road is opened, and maps of service that"
        " residents can correct.",
        bills=(
            DemoBill(
                jurisdiction="US",
                number="S. 9310",
                session="119th Congress",
                title="Dig Once for Rural Service Act (illustrative)",
                status=Bill.Status.INTRODUCED,
            ),
            DemoBill(
                jurisdiction="NM",
                number="HB 9041",
                session="2026 Regular Session",
                title="Broadband Map Corrections (illustrative)",
                status=Bill.Status.PASSED,
            ),
        ),
        statements=(
            "I drive eleven miles to send a file to my accountant.",
            "Telehealth works when the picture does.",
            "Our library's parking lot is full in the evening, with people doing homework in their cars.",
            "The map says that we are served. Nobody on this road is.",
        ),
        endorsements=1100,
        opened_days_ago=75,
    ),
    DemoCampaign(
        slug="school-meals",
        title="A school breakfast for everyone",
        summary="Children learn better when they have eaten. Serve breakfast to all of them, without forms.",
        description="Where breakfast is free for everyone, more children come on time and the line is shorter, because"
        " nobody checks who owes what.\n\n"
        "The bills let a district serve everybody once a quarter of its families qualify, and pay for the first year's"
        " equipment.",
        endorsement_statement="I support a free breakfast for every pupil of a public school.",
        bills=(
            DemoBill(
                jurisdiction="US",
                number="H.R. 9744",
                session="119th Congress",
                title="Breakfast First Act (illustrative)",
                status=Bill.Status.IN_COMMITTEE,
            ),
            DemoBill(
                jurisdiction="OH",
                number="SB 9205",
                session="136th General Assembly",
                title="School Breakfast Equipment Grants (illustrative)",
                status=Bill.Status.INTRODUCED,
            ),
        ),
        statements=(
            "As a school nurse I know what a headache at ten o'clock means.",
            "No seven-year-old should carry a debt.",
            "It was the only change that parents, teachers and the cooks all asked for.",
            "Our district tried it for a year and would not go back.",
        ),
        endorsements=950,
        opened_days_ago=40,
    ),
    DemoCampaign(
        slug="volunteer-firefighters",
        title="Training for volunteer firefighters",
        summary="Seven of ten firefighters are volunteers. They should not have to pay for their own training.",
        description="This campaign is closed: the act passed and was signed. Thank you.\n\n"
        "It pays for the basic course and for the hours away from work, so that small departments can take part.",
        endorsement_statement="I support public money for the basic training of volunteer firefighters.",
        bills=(
            DemoBill(
                jurisdiction="VA",
                number="HB 9018",
                session="2025 Regular Session",
                title="Volunteer Fire Training Fund (illustrative)",
                status=Bill.Status.ENACTED,
            ),
        ),
        statements=(
            "They came in nine minutes, at four in the morning, from their beds.",
            "Our department lost three recruits over the fee for the course.",
        ),
        endorsements=450,
        opened_days_ago=400,
        closed_days_ago=210,
        home_states=frozenset({"51", "54", "24", "37"}),
    ),
)

FIRST_NAMES = (
    "Aaliyah", "Abigail", "Adrian", "Aiko", "Alejandra", "Amara", "Andre", "Anita", "Benjamin", "Bianca", "Brian",
    "Camila", "Carl", "Chinedu", "Claire", "Daniel", "Deepa", "Denise", "Diego", "Dorothy", "Edwin", "Elena", "Emeka",
    "Esther", "Fatima", "Frank", "Gloria", "Grace", "Hannah", "Hector", "Hiroshi", "Imani", "Isaac", "Ivan", "Jamal",
    "Janet", "Jesús", "Joanna", "José", "Joyce", "Kamala", "Karen", "Keith", "Khadija", "Lars", "Latoya", "Laura",
    "Leilani", "Linda", "Luis", "Malik", "Margaret", "María", "Marcus", "Mei", "Miguel", "Monique", "Naomi", "Nathan",
    "Nikhil", "Noor", "Olga", "Omar", "Pamela", "Patrick", "Paul", "Priya", "Quentin", "Rachel", "Ramón", "Rebecca",
    "Robert", "Rosa", "Ruth", "Samuel", "Sarah", "Sofía", "Stephen", "Susan", "Tamika", "Thomas", "Tyrone", "Valerie",
    "Victor", "Walter", "Wei", "Yolanda", "Yusuf", "Zachary", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Adams", "Agarwal", "Alvarez", "Anderson", "Baker", "Banks", "Begay", "Bell", "Brooks", "Brown", "Campbell",
    "Carter", "Castillo", "Chen", "Clark", "Cohen", "Collins", "Cruz", "Davis", "Delgado", "Diaz", "Edwards", "Evans",
    "Fischer", "Flores", "Foster", "García", "Goldberg", "Gómez", "Green", "Gupta", "Hall", "Harris", "Hernández",
    "Hill", "Howard", "Huang", "Hughes", "Ibrahim", "Jackson", "Johnson", "Jones", "Kaplan", "Kelly", "Khan", "Kim",
    "King", "Kowalski", "Larsen", "Lee", "Lewis", "López", "Martin", "Martínez", "Miller", "Mitchell", "Moore",
    "Morales", "Murphy", "Murray", "Nakamura", "Nelson", "Nguyen", "Novak", "O'Brien", "Okafor", "Olson", "Ortiz",
    "Parker", "Patel", "Perez", "Peterson", "Phillips", "Powell", "Reed", "Reyes", "Rivera", "Roberts", "Robinson",
    "Rodríguez", "Rossi", "Sánchez", "Schmidt", "Scott", "Shah", "Silva", "Singh", "Smith", "Stewart", "Sullivan",
    "Taylor", "Thompson", "Torres", "Turner", "Walker", "Washington", "Watson", "White", "Williams", "Wilson", "Wright",
    "Yang", "Young", "Zhang",
)  # fmt: skip
ORGANISATIONS = (
    "{place} Conservation District", "{place} Council of Churches", "{place} Farm Bureau Women", "{place} Food Bank",
    "{place} Parent Teacher Council", "{place} Public Library Friends", "{place} Rotary", "{place} Rural Health Center",
    "{place} Small Business Alliance", "{place} Volunteer Fire Company", "{place} Watershed Association",
)  # fmt: skip
ROLES = (
    "Council member", "Director", "Farmer", "Librarian", "Mayor", "Nurse", "Pastor", "Physician", "President", "Teacher",
)  # fmt: skip

# Thousands of residents, rounded; the other counties are drawn at random (see people.py).
RESIDENTS_THOUSANDS_BY_COUNTY = {
    "06037": 10000, "17031": 5200, "48201": 4500, "04013": 4100, "06073": 3300, "06059": 3150, "12086": 2700,
    "36047": 2600, "48113": 2550, "06065": 2350, "36081": 2300, "53033": 2150, "32003": 2150, "06071": 2100,
    "48439": 2000, "06085": 1930, "48029": 1900, "12011": 1900, "26163": 1760, "06001": 1650, "36061": 1640,
    "25017": 1600, "42101": 1570, "06067": 1530, "36103": 1500, "12099": 1450, "36005": 1420, "12057": 1400,
    "12095": 1380, "36059": 1350, "39049": 1300, "27053": 1250, "26125": 1250, "39035": 1240, "42003": 1230,
    "48453": 1200, "51059": 1150, "49035": 1150, "06013": 1150, "37119": 1090, "37183": 1090, "13121": 1060,
    "24031": 1050, "04019": 1000, "15003": 1000, "29189": 1000, "24033": 960, "18097": 950, "55079": 940,
    "47157": 930, "24005": 850, "41051": 815, "21111": 780, "40109": 780, "08031": 710, "11001": 700, "29095": 700,
    "35001": 680, "01073": 660, "24510": 620, "24003": 580, "10003": 560, "51810": 460, "16001": 470, "22033": 440,
    "22071": 390, "72127": 340, "24027": 320, "02020": 290, "24025": 255, "24021": 250, "51760": 230, "29510": 300,
}  # fmt: skip
